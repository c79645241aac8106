"""Statistics of areas: measure each area in each period, then tables, charts, pictures and a report."""
