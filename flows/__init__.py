"""One file, one flow, one deployment."""
