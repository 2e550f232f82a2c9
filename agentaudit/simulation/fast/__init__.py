"""The compiled kernel: the engine's event contract over columns of numbers."""
