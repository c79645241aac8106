"""The Copernicus Data Space Ecosystem: sign-in, catalogue, download."""
