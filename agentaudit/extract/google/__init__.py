"""Google Cloud's own files."""
