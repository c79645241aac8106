"""Azure Batch as a Prefect work pool: each flow run is one Batch task."""
