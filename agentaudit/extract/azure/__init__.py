"""Templates, roles, applications and gateways of Azure."""
