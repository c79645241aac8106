"""prefect.yaml names flows that exist, by module paths, with parameters that they take."""

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


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment["name"])
def test_each_deployment_is_a_flow_that_says_what_a_rerun_does(deployment):
    flow = flow_of(deployment)
    assert isinstance(flow, Flow)
    assert flow.name == deployment["name"]
    assert "rerun" in deployment["description"].lower() or deployment["name"] == "tutorial"
    if parameters := deployment.get("parameters"):
        flow.validate_parameters(parameters)


def test_each_flow_has_a_deployment():
    modules = {path.stem for path in (PROJECT / "flows").glob("[a-z]*.py")}
    assert {deployment["entrypoint"].split(".")[1] for deployment in DEPLOYMENTS} == modules


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment["name"])
def test_every_field_of_a_form_has_a_title_and_a_description(deployment):
    request = flow_of(deployment).fn.__annotations__["request"]
    for field, schema in request.model_json_schema()["properties"].items():
        assert schema.get("title"), f"{deployment['name']}: {field}"
        assert schema.get("description"), f"{deployment['name']}: {field}"
