"""What a work pool, a deployment or a run may say about its Batch task: the form in Prefect's UI."""

from typing import Literal

from prefect.workers.base import BaseJobConfiguration, BaseVariables
from pydantic import BaseModel, ConfigDict, Field, field_validator

NO_SAS = "Its managed identity reads it: no SAS token (?sig=...) is needed, and none may be given."


def _without_token(url: str) -> str:
    if not url.startswith(("https://", "http://")):
        raise ValueError(f"{url!r} is not a URL: it must start with https://")
    if "sig=" in url:
        raise ValueError(f"{url.partition('?')[0]} is given with a SAS token: leave out what follows the question mark")
    return url


class ResourceFile(BaseModel):
    """A file that the node downloads before the run."""

    http_url: str = Field(title="URL", description=f"Blob or other URL. {NO_SAS}")
    file_path: str = Field(title="Path", description="Where it is put, below the task's working directory.")

    _no_token = field_validator("http_url")(_without_token)


class OutputFile(BaseModel):
    """Files that the node uploads after the run."""

    pattern: str = Field(
        default="../std*.txt",
        title="Pattern",
        description="Relative to the task's working directory; * and ? stand for any characters, ** for any folders.",
    )
    container_url: str = Field(title="Container", description=f"URL of a container. {NO_SAS}")
    path: str = Field(
        default="",
        title="Path",
        description="Folder in the container, in which each run has one of its own. Empty: the container's root.",
    )
    condition: Literal["tasksuccess", "taskfailure", "taskcompletion"] = Field(
        default="taskcompletion", title="When", description="After success, after failure, or after both."
    )

    _no_token = field_validator("container_url")(_without_token)


class BatchTaskFields(BaseModel):
    """Members that the form and the configuration of a job share."""

    batch_account_url: str = Field(
        title="Batch account URL",
        description="Such as https://ACCOUNT.REGION.batch.azure.com: Azure portal, the Batch account, Overview.",
    )
    pool_id: str = Field(title="Pool", description="Batch pool whose nodes run the flows. It must exist.")
    job_id: str = Field(
        default="",
        title="Job",
        description="Batch job that takes the tasks; made if it is not there. Empty: one for this work pool and pool.",
    )
    image: str = Field(
        default="",
        title="Container image",
        description="Such as REGISTRY.azurecr.io/geocatalog-flows:1. Empty: the command runs on the node itself.",
    )
    container_run_options: str = Field(
        default="", title="Container options", description="Of `docker create`, such as --shm-size=1g."
    )
    registry_server: str = Field(
        default="",
        title="Registry",
        description="Server from which the identity pulls the image. Empty: what the pool was made with.",
    )
    identity_client_id: str = Field(
        default="",
        title="Identity, client id",
        description="Of the pool's user-assigned managed identity; the flows sign in as it.",
    )
    identity_resource_id: str = Field(
        default="",
        title="Identity, resource id",
        description="/subscriptions/.../userAssignedIdentities/NAME; needed for files and for the registry.",
    )
    resource_files: list[ResourceFile] = Field(
        default_factory=list, title="Resource files", description="Downloaded before the run, by the identity."
    )
    output_files: list[OutputFile] = Field(
        default_factory=list, title="Output files", description="Uploaded after the run, by the identity."
    )
    required_slots: int = Field(
        default=1, ge=1, le=256, title="Slots", description="Slots of a node that a run takes, of those the pool gives."
    )
    elevation: Literal["nonadmin", "admin"] = Field(
        default="nonadmin", title="Elevation", description="User on the node: without or with administrator's rights."
    )
    max_wall_clock_minutes: int | None = Field(
        default=720, ge=1, title="Longest run (minutes)", description="Batch ends a longer one. Empty: never."
    )
    start_timeout_minutes: float | None = Field(
        default=60,
        gt=0,
        title="Longest wait (minutes)",
        description="For a free slot and a prepared node; then the run is Crashed and says why. Empty: for ever.",
    )
    retention_hours: int = Field(
        default=24, ge=1, title="Keep files (hours)", description="How long the node keeps the task's files afterwards."
    )
    cancel_grace_seconds: float = Field(
        default=30,  # with two poll intervals, within a minute of the cancellation
        ge=0,
        title="Grace when cancelled (seconds)",
        description="The run gets so long to end by itself; then its task is ended.",
    )
    stream_output: bool = Field(
        default=True,
        title="Stream output",
        description="Lines of stdout.txt and stderr.txt appear in the run's logs, besides what the flow logs itself.",
    )
    poll_interval: float = Field(
        default=10, gt=0, le=300, title="Poll interval (seconds)", description="Between two looks at all open tasks."
    )


class AzureBatchVariables(BaseVariables, BatchTaskFields):
    """The form."""

    model_config = ConfigDict(title="Azure Batch")

    name: str | None = Field(default=None, title="Name", description="Shown in Batch. Empty: the flow run's name.")
    labels: dict[str, str] = Field(
        default_factory=dict, title="Labels", description="Not used: tasks of Azure Batch have none."
    )


class BatchTaskConfiguration(BaseJobConfiguration, BatchTaskFields):
    """The form, filled in."""
