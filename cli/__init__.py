"""The command line: `geocatalog`."""
