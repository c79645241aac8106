"""What the ledger is told of a flow run that begins."""

from typing import Any

from prefect import runtime
from pydantic import BaseModel

from ledger.records import RunRecord
from models.delivery import Delivery


def record_of(run_id: str, flow: str, collection_id: str, request: BaseModel | Delivery, **members: Any) -> RunRecord:
    """Return the ledger's record of a run that the present flow run begins.

    Args:
        members: others of the record, such as its window.
    """
    return RunRecord(
        run_id=run_id,
        flow=flow,
        flow_run_id=runtime.flow_run.id or "",
        deployment=runtime.deployment.name or "",
        collection_id=collection_id,
        request=request.model_dump(mode="json", exclude_defaults=True),
        **members,
    )
