"""Bulk ingestion: whole catalogs brought in by runs."""
