"""Documents to the Deployment: one file per platform."""
