"""The filled-in form of one flow run, and the Batch task that follows from it. Pure: nothing is asked of Batch."""

from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any

from azure.batch import models as bm

from clients.azure_batch.ids import batch_id
from deployments.azure_batch.environment import PREFECT_SECRETS, node_environment, refuse_secrets
from deployments.azure_batch.form import BatchTaskConfiguration, OutputFile
from deployments.azure_batch.node import COMMAND as NODE_COMMAND
from models.errors import InvalidRequest


class AzureBatchConfiguration(BatchTaskConfiguration):
    """How one flow run is run."""

    def prepare_for_flow_run(self, *arguments: Any, **named: Any) -> None:
        """Fill in what depends on the flow run.

        Raises:
            InvalidRequest: the environment holds a secret, or an identity is missing.
        """
        refuse_secrets(self.env)
        work_pool = named.get("work_pool")
        super().prepare_for_flow_run(*arguments, **named)
        self.env = {**node_environment(self.env, self.identity_client_id)}
        if any(name in self.env for name in PREFECT_SECRETS):  # by their places
            self.command = f"{NODE_COMMAND} {self.command}"
        self.job_id = self.job_id or batch_id(f"{getattr(work_pool, 'name', 'prefect')}-{self.pool_id}")
        if (self.resource_files or self.output_files or self.registry_server) and not self.identity_resource_id:
            raise InvalidRequest(
                "Files and registry are reached by the pool's identity: set 'Identity, resource id' in the work pool."
            )


def task_of(configuration: AzureBatchConfiguration, task_id: str) -> bm.BatchTaskCreateOptions:
    """Return the Batch task of a flow run whose configuration was prepared."""
    longest = configuration.max_wall_clock_minutes
    elevation = bm.ElevationLevel(configuration.elevation)
    return bm.BatchTaskCreateOptions(
        id=task_id,
        display_name=configuration.name,
        command_line=str(configuration.command),
        container_settings=_container(configuration),
        environment_settings=[bm.EnvironmentSetting(name=n, value=v) for n, v in sorted(configuration.env.items())],
        resource_files=[
            bm.ResourceFile(http_url=one.http_url, file_path=one.file_path, identity_reference=_identity(configuration))
            for one in configuration.resource_files
        ],
        output_files=_output_files(configuration, task_id),
        constraints=bm.BatchTaskConstraints(
            max_wall_clock_time=timedelta(minutes=longest) if longest else None,
            retention_time=timedelta(hours=configuration.retention_hours),
            max_task_retry_count=0,  # Prefect's retries are the flow's; a lost node requeues regardless
        ),
        required_slots=configuration.required_slots,
        user_identity=bm.UserIdentity(
            auto_user=bm.AutoUserSpecification(scope=bm.AutoUserScope.TASK, elevation_level=elevation)
        ),
    )


def _identity(configuration: AzureBatchConfiguration) -> bm.BatchNodeIdentityReference:
    return bm.BatchNodeIdentityReference(resource_id=configuration.identity_resource_id)


def _container(configuration: AzureBatchConfiguration) -> bm.BatchTaskContainerSettings | None:
    if not configuration.image:
        return None
    server = configuration.registry_server
    registry = (
        bm.ContainerRegistryReference(registry_server=server, identity_reference=_identity(configuration))
        if server
        else None
    )
    return bm.BatchTaskContainerSettings(
        image_name=configuration.image,
        container_run_options=configuration.container_run_options or None,
        registry=registry,
    )


def _output_files(configuration: AzureBatchConfiguration, task_id: str) -> list[bm.OutputFile]:
    return [
        bm.OutputFile(
            file_pattern=one.pattern,
            destination=bm.OutputFileDestination(
                container=bm.OutputFileBlobContainerDestination(
                    container_url=one.container_url,
                    path=_destination(one, task_id),
                    identity_reference=_identity(configuration),
                )
            ),
            upload_options=bm.OutputFileUploadConfiguration(
                upload_condition=bm.OutputFileUploadCondition(one.condition)
            ),
        )
        for one in configuration.output_files
    ]


def _destination(output: OutputFile, task_id: str) -> str:
    """Return a folder of the run's own; Batch takes it for the blob's whole name if the pattern has no wildcard."""
    folder = f"{output.path.strip('/')}/{task_id}".lstrip("/")
    has_wildcard = any(mark in output.pattern for mark in "*?[")
    return folder if has_wildcard else f"{folder}/{PurePosixPath(output.pattern).name}"
