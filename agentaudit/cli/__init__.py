"""Commands: arguments in, one call, output and an exit code out; one file each."""
