"""Stands in for the Copernicus Data Space Ecosystem: sign-in, catalogue, STAC API and downloads."""
