"""Draws pictures from the assets of Items, as titiler-pgstac does behind a GeoCatalog."""
