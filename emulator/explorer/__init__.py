"""The Explorer: pages that show what is in the GeoCatalog. Local, hence without sign-in."""
