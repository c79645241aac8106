"""A job of Azure Batch that runs one script many times: what is asked for, and what became of it."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from models.area_query import Request

MAX_TASKS = 10_000
"""Batch tasks of one job here: 100 requests to submit them."""
LONGEST_SCRIPT = 30_000
"""Characters; the script travels in the job's environment, which shares a request of at most 1 MB."""
Argument = Annotated[str, Field(max_length=4_000)]


class BatchJobRequest(Request):
    """Run a script on the nodes of an Azure Batch pool, signed in as the pool's managed identity."""

    job: str = Field(default="list-collections", pattern=r"^[A-Za-z0-9_-]{1,50}$", title="Job")
    """Beginning of the job's id in Batch; letters, digits, - and _."""
    script_name: str | None = Field(default="list_collections.py", pattern=r"^[\w-]+\.(py|sh)$", title="Script by name")
    """File of deployments/azure_batch/scripts: .py is Python, .sh is Bash. Empty: the text below."""
    script: str | None = Field(default=None, max_length=LONGEST_SCRIPT, title="Script")
    """Text of the script, in the place of a name."""
    language: Literal["python", "bash"] = Field(default="python", title="Language of the text")
    """Of the text above; a file's name says it by its ending."""
    arguments: list[Argument] = Field(default_factory=list, max_length=MAX_TASKS, title="Arguments")
    """The script runs once for each, with it as its only argument (sys.argv[1], $1). Empty: once, without one."""
    environment: dict[str, str] = Field(default_factory=dict, title="Environment")
    """Variables of the script. No secrets: whoever may read the job can read them."""
    pool_id: str | None = Field(default=None, title="Pool")
    """Batch pool. Empty: GEOCATALOG_BATCH_POOL."""
    max_minutes: int = Field(default=60, ge=1, le=10_080, title="Longest run (minutes)")
    """Minutes; Batch ends a script that takes longer."""
    retries: int = Field(default=0, ge=0, le=10, title="Retries")
    """How often Batch runs a script again that ended with another exit code than 0."""
    shown: int = Field(default=10, ge=1, le=100, title="Outputs shown")
    """Of so many runs of the script, at most, the output is fetched and published; those that failed come first."""

    @model_validator(mode="after")
    def _one_script(self) -> "BatchJobRequest":
        if self.script is not None and "script_name" not in self.model_fields_set:
            self.script_name = None
        if (self.script is None) is (self.script_name is None):
            raise ValueError("give either script_name or script")
        return self

    @property
    def kind(self) -> Literal["python", "bash"]:
        """Language of the script."""
        if self.script_name is None:
            return self.language
        return "bash" if self.script_name.endswith(".sh") else "python"


class ScriptRun(BaseModel):
    """What became of one run of the script."""

    task_id: str
    argument: str = ""
    failure: str | None = None
    """Why it failed, in words; None if it did not."""
    stdout: str = ""
    stderr: str = ""


class BatchJobReport(BaseModel):
    """What became of a job."""

    job_id: str
    pool_id: str
    succeeded: int
    failed: int
    shown: list[ScriptRun] = Field(default_factory=list)
    """Failed runs first."""

    @property
    def sentence(self) -> str:
        """The outcome in one sentence."""
        total = self.succeeded + self.failed
        if not self.failed:
            return f"All {total:,} runs of the script succeeded (Batch job {self.job_id})."
        first = next((run for run in self.shown if run.failure), None)
        named = f" ({first.task_id}: {first.failure})" if first else ""
        return (
            f"{self.failed:,} of {total:,} runs of the script failed{named}. Retry this flow run: it repeats only"
            f" those, in the Batch job {self.job_id}."
        )
