"""What stands beside agents: models, gateways, stores, vaults."""
