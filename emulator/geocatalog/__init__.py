"""The GeoCatalog: STAC, ingestion management and SAS, as the real service answers."""
