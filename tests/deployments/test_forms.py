"""prefect.yaml names flows that exist, by module paths; each form explains itself, and is filled in."""

import re
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from prefect import Flow

PROJECT = Path(__file__).parents[2]
DEPLOYMENTS = yaml.safe_load((PROJECT / "prefect.yaml").read_text())["deployments"]


def flow_of(deployment) -> Flow:
    module, _, name = deployment["entrypoint"].rpartition(".")
    return getattr(import_module(module), name)


NOT_DEPLOYED = {"run_batch_job"}  # with the others: it needs a Batch account, and is among the deployments of that
UNITS = r"degrees|days|hours|seconds|minutes|percent|zoom|Items|runs|downloads|bytes|products|periods"
WRITES = [deployment for deployment in DEPLOYMENTS if deployment["name"] not in ("show-ledger",)]
by_name = pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment["name"])


@by_name
def test_each_deployment_is_a_flow_that_says_what_a_rerun_does(deployment):
    flow = flow_of(deployment)
    assert isinstance(flow, Flow)
    assert flow.name == deployment["name"]
    assert "rerun" in deployment["description"].lower() or deployment["name"] == "tutorial"
    assert deployment["tags"]
    assert deployment["work_pool"]["name"] == "geocatalog"


@by_name
def test_each_form_runs_as_it_is_filled_in(deployment):
    flow_of(deployment).validate_parameters(deployment["parameters"])


@by_name
def test_schedules_are_off_and_their_parameters_validate(deployment):
    for schedule in deployment.get("schedules", []):
        assert schedule["active"] is False
        assert schedule["slug"], "a second deploy then changes this schedule and leaves those of the user alone"
        flow_of(deployment).validate_parameters({**deployment["parameters"], **schedule.get("parameters", {})})


@pytest.mark.parametrize("deployment", WRITES, ids=lambda deployment: deployment["name"])
def test_what_writes_runs_one_at_a_time(deployment):
    assert deployment["concurrency_limit"] == {"limit": 1, "collision_strategy": "ENQUEUE"}


def test_each_flow_has_a_deployment():
    modules = {path.stem for path in (PROJECT / "flows").glob("[a-z]*.py")}
    deployed = {deployment["entrypoint"].split(".")[1] for deployment in DEPLOYMENTS}
    assert deployed == modules - NOT_DEPLOYED


def numbers_of(schema):
    """Return the parts of a field's schema that are numbers."""
    return [part for part in schema.get("anyOf", [schema]) if part.get("type") in ("number", "integer")]


@by_name
def test_every_field_of_a_form_explains_itself(deployment):
    request = flow_of(deployment).fn.__annotations__["request"]
    for field, schema in request.model_json_schema()["properties"].items():
        name = f"{deployment['name']}: {field}"
        assert schema.get("title"), name
        assert schema.get("description"), name
        for number in numbers_of(schema):
            assert {"minimum", "exclusiveMinimum"} & number.keys(), f"{name} has no lower bound"
            assert re.search(UNITS, schema["description"], re.IGNORECASE), f"{name}: no unit"
