"""Rules as files to rules as values: conditions compiled, references checked."""
