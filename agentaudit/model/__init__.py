"""The vocabulary: frozen values that know the standard library and do no I/O."""
