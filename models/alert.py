"""What is said when a Collection fails in a way in which it did not fail before."""

from pydantic import BaseModel

from models.failure import FailureClass

RUN = "run"
"""Class of a failure of a whole run that does not pass by itself: sign-in, settings, a source that is gone."""
_ADVICE = {
    FailureClass.TRANSIENT: "It may pass: the next run, or geocatalog rerun-failed, sends these Items again.",
    FailureClass.SOURCE_ACCESS: "Check the container, its network rules, and the SAS token or managed identity by which"
    " the GeoCatalog reads it; then run again.",
    FailureClass.CONFLICT: "The catalog's Items differ from the source's: run again with replace_changed.",
    FailureClass.PERMANENT: "Read the message: the Items or the Collection have to change. geocatalog ledger --failures"
    " lists the Items, which are kept as dead letters.",
    RUN: "Mend the cause, then press Retry: what is done is not done again. geocatalog doctor checks the set-up.",
}
MESSAGE_LENGTH = 1000
"""Characters of a message; some services cut notifications at 2,000."""


class Alert(BaseModel):
    """A kind of failure that is new.

    Attributes:
        collection_id: Collection of the GeoCatalog; "" if the request names none.
        flow: the flow that found it.
        kind: class of the failure of Items, or `transient` or `run` for a run that failed as a whole.
        code: error code, or the name of the error that ended the run.
        items: how many Items have this failure now; 0 if the run failed as a whole.
        message: the newest one, without secrets.
    """

    collection_id: str
    flow: str
    kind: str
    code: str
    items: int = 0
    message: str = ""

    @property
    def subject(self) -> str:
        """One line."""
        where = f" of {self.collection_id}" if self.collection_id else ""
        if not self.items:
            return f"{self.flow}{where} failed: {self.code} ({self.kind})"
        items = "1 Item" if self.items == 1 else f"{self.items} Items"
        return f"{items}{where} failed: {self.code} ({self.kind})"

    @property
    def advice(self) -> str:
        """What to do."""
        if self.kind == FailureClass.TRANSIENT and not self.items:
            return "It may pass: the next run, or Retry, takes up what is left."
        return _ADVICE.get(self.kind, _ADVICE[RUN])

    @property
    def text(self) -> str:
        """All of it."""
        message = self.message[:MESSAGE_LENGTH]
        return f"{self.subject}\n\nNewest message: {message}\n\nWhat to do: {self.advice}"
