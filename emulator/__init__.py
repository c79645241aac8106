"""A local GeoCatalog with its upstreams, as a real HTTP server."""
