"""How the stand-in's account is named, and how slow and how broken its nodes are."""

from pydantic import BaseModel, ConfigDict, Field

from emulator.config import Role

# A well-known key, as Azurite has one: nothing behind the stand-in is secret.
WELL_KNOWN_KEY = "Z2VvY2F0YWxvZy1sb2NhbC1henVyZS1iYXRjaC13ZWxsLWtub3duLWtleQ=="


class BatchConfig(BaseModel):
    """Configuration; an unknown name is an error. Members can be changed while it runs: `PUT /_emulator/config`."""

    model_config = ConfigDict(extra="forbid")

    account: str = Field(default="localbatch", description="Name of the account, as SharedKey signs it.")
    start_delay: float = Field(default=0.0, ge=0, description="Seconds that a task stays active before it gets a node.")
    prepare_seconds: float = Field(default=0.0, ge=0, description="Seconds of preparing: downloads, image pull.")
    images: list[str] | None = Field(default=None, description="Images that can be pulled; null: all.")
    identities: dict[str, Role] = Field(
        default={"local-node-identity": "GeoCatalog Administrator"},
        description="Client ids of the pools' user-assigned identities, with their role on the GeoCatalog.",
    )
    token_seconds: int = Field(default=3600, ge=1, description="Life of the tokens that the nodes get.")
    count_lag: int = Field(default=0, ge=0, description="Answers by which the counts of a job's tasks are behind.")
    max_jobs: int = Field(default=300, ge=1, description="Active jobs, the service's default quota for new accounts.")
