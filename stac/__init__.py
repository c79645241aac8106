"""Pure functions on STAC objects: dicts in, dicts out."""
