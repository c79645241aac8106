"""Azure Batch: pools, jobs, tasks and their output, through Microsoft's `azure-batch` (extra `azure-batch`).

What runs on Batch is called a *Batch task* here, never plain task.
"""

from clients.azure_batch.account import AzureBatch, open_azure_batch
from clients.azure_batch.views import BatchTaskView, PoolView, TaskCounts

__all__ = ["AzureBatch", "BatchTaskView", "PoolView", "TaskCounts", "open_azure_batch"]
