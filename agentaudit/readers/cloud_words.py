"""Words of commands that make keys of clouds, or open what is deployed there to everybody."""

CLOUD_WORDS = (
    *("service-accounts keys create", "api-keys create", "create-access-key"),
    *("create-service-specific-credential", "create-for-rbac", "credential reset"),
    *("allow-unauthenticated", "allUsers"),
)
