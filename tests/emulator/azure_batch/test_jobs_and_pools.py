"""Pools, jobs, lists, limits and errors, through azure-batch."""

import pytest
from azure.batch import BatchClient
from azure.batch import models as bm
from azure.core.credentials import AzureNamedKeyCredential
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)

from tests.emulator.azure_batch.conftest import JOB, POOL, Batch, eventually


def job(job_id: str, pool_id: str = POOL, **options: object) -> bm.BatchJobCreateOptions:
    return bm.BatchJobCreateOptions(id=job_id, pool_info=bm.BatchPoolInfo(pool_id=pool_id), **options)


def task(number: int, command: str = "/bin/true") -> bm.BatchTaskCreateOptions:
    return bm.BatchTaskCreateOptions(id=f"t{number:05}", command_line=command)


def test_errors_have_the_services_codes(batch: Batch) -> None:
    with pytest.raises(ResourceExistsError) as exists:
        batch.client.create_job(job(JOB))
    assert exists.value.error.code == "JobExists" and "RequestId" in exists.value.error.message
    for call, code in {
        "JobNotFound": lambda: batch.client.get_job("none"),
        "PoolNotFound": lambda: batch.client.get_pool("none"),
        "TaskNotFound": lambda: batch.client.get_task(JOB, "none"),
    }.items():
        with pytest.raises(ResourceNotFoundError) as missing:
            code()
        assert missing.value.error.code == call


def test_a_wrong_key_is_refused(batch: Batch) -> None:
    client = BatchClient(batch.url, AzureNamedKeyCredential("localbatch", "d3Jvbmc="), retry_total=0)
    with pytest.raises(ClientAuthenticationError, match="authenticate"):
        client.get_job(JOB)


def test_a_job_may_name_a_pool_that_is_not_there_yet(batch: Batch) -> None:
    batch.client.create_job(job("early", "later"))
    batch.client.create_task("early", task(1))
    assert batch.client.get_task("early", "t00001").state == "active"
    batch.server.add_pool("later", nodes=1)
    eventually(lambda: batch.client.get_task("early", "t00001").state, lambda state: state == "completed")


def test_ids_are_checked(batch: Batch) -> None:
    with pytest.raises(HttpResponseError) as refused:
        batch.client.create_job(job("a/b c"))
    assert refused.value.status_code == 400 and refused.value.error.code == "InvalidPropertyValue"


def test_jobs_have_a_quota(batch: Batch) -> None:
    batch.control("PUT", "config", {"max_jobs": 1})
    with pytest.raises(ResourceExistsError) as refused:
        batch.client.create_job(job("second"))
    assert refused.value.error.code == "ActiveJobAndScheduleQuotaReached"


def test_tasks_are_added_by_the_hundred_and_once(batch: Batch) -> None:
    batch.server.account.pool(POOL).nodes.clear()  # nothing shall run
    batch.control("DELETE", "requests")
    tasks = [task(number) for number in range(2500)]
    batch.client.create_tasks(JOB, tasks, max_concurrency=4)
    assert batch.control("GET", "requests")["counts"] == {"POST /jobs/{job_id}/addtaskcollection": 25}
    batch.client.create_tasks(JOB, tasks[:150])  # TaskExists counts as success
    counts = batch.client.get_job_task_counts(JOB).task_counts
    assert (counts.active, counts.completed) == (2500, 0)
    with pytest.raises(HttpResponseError) as refused:
        batch.client.create_task_collection(JOB, bm.BatchTaskGroup(task_values=[task(n) for n in range(101)]))
    assert refused.value.status_code == 400


def test_a_request_of_more_than_a_megabyte_is_refused_and_halved_by_the_client(batch: Batch) -> None:
    batch.server.account.pool(POOL).nodes.clear()
    batch.client.create_tasks(JOB, [task(number, f"/bin/echo {'x' * 20_000}") for number in range(100)])
    assert batch.client.get_job_task_counts(JOB).task_counts.active == 100


def test_lists_have_pages_filters_and_chosen_members(batch: Batch) -> None:
    batch.server.account.pool(POOL).nodes.clear()
    batch.client.create_tasks(JOB, [task(number) for number in range(1200)])
    pages = list(batch.client.list_tasks(JOB).by_page())
    assert [len(list(page)) for page in pages] == [1000, 200]
    batch.client.terminate_task(JOB, "t00007")
    left = list(batch.client.list_tasks(JOB, filter="state ne 'completed'", select=["id", "state"]))
    assert len(left) == 1199 and left[0].command_line is None
    some = batch.client.list_tasks(JOB, filter="startswith(id,'t0000') and state eq 'completed'")
    assert [one.id for one in some] == ["t00007"]
    with pytest.raises(HttpResponseError, match="query parameters"):
        list(batch.client.list_tasks(JOB, filter="id gt 'a'"))


def test_a_job_ends_when_its_tasks_have_if_it_is_told_so(batch: Batch) -> None:
    batch.run("/bin/true")
    assert batch.client.get_job(JOB).state == "active"
    ends = bm.BatchJobUpdateOptions(all_tasks_complete_mode=bm.BatchAllTasksCompleteMode.TERMINATE_JOB)
    batch.client.update_job(JOB, ends)
    ended = batch.client.get_job(JOB)
    assert (ended.state, ended.execution_info.termination_reason) == ("completed", "AllTasksCompleted")
    with pytest.raises(ResourceExistsError) as refused:
        batch.add("/bin/true", "late")
    assert refused.value.error.code == "JobCompleted"


def test_a_deleted_job_takes_its_tasks_along(batch: Batch) -> None:
    batch.add("/bin/sleep 60")
    batch.wait(state="running")
    batch.client.begin_delete_job(JOB, polling_interval=0).wait(20)
    with pytest.raises(ResourceNotFoundError):
        batch.client.get_job(JOB)
    nodes = eventually(lambda: list(batch.client.list_nodes(POOL)), lambda nodes: len(nodes) == 2)
    eventually(lambda: batch.client.get_node(POOL, nodes[0].id).state, lambda state: state == "idle")


def test_a_pool_is_resized_and_says_what_it_has(batch: Batch) -> None:
    batch.client.begin_resize_pool(POOL, bm.BatchPoolResizeOptions(target_dedicated_nodes=5), polling_interval=0).wait(
        20
    )
    pool = batch.client.get_pool(POOL)
    assert (pool.current_dedicated_nodes, pool.task_slots_per_node, pool.allocation_state) == (5, 1, "steady")
    assert len({node.id for node in batch.client.list_nodes(POOL)}) == 5
    assert [pool.id for pool in batch.client.list_pools()] == [POOL]


def test_the_service_is_busy_for_a_while(batch: Batch) -> None:
    batch.control("POST", "busy", {"seconds": 60})
    with pytest.raises(HttpResponseError) as busy:
        batch.client.get_job(JOB)
    assert (busy.value.status_code, busy.value.error.code) == (503, "ServerBusy")
    batch.control("POST", "busy", {"seconds": 0})
    assert batch.client.get_job(JOB).id == JOB
