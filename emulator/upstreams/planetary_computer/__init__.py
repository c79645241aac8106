"""The public Planetary Computer, as far as clients of a GeoCatalog use it: no authentication."""
