"""What every part of the configuration has in common."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Part of the configuration; an unknown name is an error, not a silent default."""

    model_config = ConfigDict(extra="forbid")
