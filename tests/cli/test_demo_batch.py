"""The demo of Azure Batch shows what it promises, or fails."""

from collections.abc import Callable
from io import StringIO

import pytest
from rich.console import Console

from cli import demo_batch
from cli.demo_batch import require_demonstrated
from models.errors import RunFailed


def test_each_item_once_and_a_lost_node_are_the_demo() -> None:
    require_demonstrated("node-1", {"a": 1, "b": 1}, 2, 2)


@pytest.mark.parametrize(
    ("lost", "sent", "there", "proven", "told"),
    [
        ("", {"a": 1}, 1, 1, "1 Items are proven, but no node was lost"),
        ("node-1", {}, 0, 0, "0 Items sent"),
        ("node-1", {"a": 2}, 1, 1, "1 Items sent, 1 of them twice"),
        ("node-1", {"a": 1, "b": 1}, 2, 1, "2 in the catalog, 1 proven"),
    ],
)
def test_less_is_a_failure(lost: str, sent: dict[str, int], there: int, proven: int, told: str) -> None:
    with pytest.raises(RunFailed, match=told):
        require_demonstrated(lost, sent, there, proven)


class Farm:
    """Nodes, of which the first two have nothing to do any more when they are lost."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def lose_node(self, node: str) -> list[str]:
        self.events.append(f"lose {node}")
        return ["task"] if node == "node-3" else []

    def restore_node(self, node: str) -> None:
        self.events.append(f"restore {node}")


class Never:
    """An event that has not come, and takes no time to wait for."""

    def wait(self, seconds: float) -> bool:
        return False


def loss_of(farm: Farm, at_work: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> demo_batch._Loss:
    loss = demo_batch._Loss(farm, Console(file=StringIO()))
    loss._ended = Never()
    monkeypatch.setattr(loss, "_node_at_work", at_work)
    return loss


def test_a_node_whose_run_has_just_ended_is_not_the_one_that_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    farm, nodes = Farm(), iter(["", "node-1", "node-2", "node-3"])
    loss = loss_of(farm, lambda: next(nodes), monkeypatch)
    loss.run()
    assert loss.node == "node-3"
    assert farm.events == [f"{what} node-{number}" for number in (1, 2, 3) for what in ("lose", "restore")]


def test_a_node_that_could_not_be_lost_was_not(monkeypatch: pytest.MonkeyPatch) -> None:
    farm = Farm()

    def refused(node: str) -> list[str]:
        raise ConnectionError(node)

    farm.lose_node = refused
    loss = loss_of(farm, lambda: "node-1", monkeypatch)
    with pytest.raises(ConnectionError):
        loss.run()
    assert loss.node == ""
