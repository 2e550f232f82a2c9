"""TypeScript and JavaScript, into the trees that Python has."""
