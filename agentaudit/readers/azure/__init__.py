"""Azure's templates: Bicep and ARM, whose functions are computed where they can be."""
