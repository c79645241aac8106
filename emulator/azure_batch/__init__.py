"""A local stand-in of Azure Batch: the data plane's REST API, and nodes that really run the commands."""
