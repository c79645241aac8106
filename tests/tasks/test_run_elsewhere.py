"""A Prefect API that is busy for a while makes no child run fail, and starts none twice."""

from typing import Any

import httpx
import pytest

from models.errors import TransientError
from tasks import run_elsewhere
from tasks.run_elsewhere import ATTEMPTS


class Prefect:
    """Prefect's `run_deployment` behind a server that fails at first."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.keys: list[str] = []

    def __call__(self, deployment: str, parameters: dict[str, Any], idempotency_key: str) -> str:
        self.keys.append(idempotency_key)
        if self.failures:
            raise self.failures.pop(0)
        return f"run of {deployment}"


def status(code: int, text: str = "") -> httpx.HTTPStatusError:
    request = httpx.Request("POST", "http://prefect")
    return httpx.HTTPStatusError("x", request=request, response=httpx.Response(code, request=request, text=text))


def run(monkeypatch: pytest.MonkeyPatch, *failures: Exception) -> tuple[Prefect, list[float], Any]:
    server, pauses = Prefect(*failures), []
    monkeypatch.setattr(run_elsewhere, "run_deployment", server)
    return server, pauses, lambda: run_elsewhere.run_elsewhere("flow/name", {}, "key", pauses.append)


def test_it_asks_again_with_the_same_key(monkeypatch: pytest.MonkeyPatch) -> None:
    server, pauses, call = run(monkeypatch, status(503), httpx.ConnectError("refused"))
    assert call() == "run of flow/name"
    assert server.keys == ["key"] * 3 and pauses == [10.0, 10.0]


def test_what_will_not_pass_is_raised_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    server, _, call = run(monkeypatch, status(404))
    with pytest.raises(httpx.HTTPStatusError):
        call()
    assert len(server.keys) == 1


def test_it_gives_up_after_half_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    _, pauses, call = run(monkeypatch, *[status(503)] * ATTEMPTS)
    with pytest.raises(TransientError, match=r"HTTP 503\): the run of flow/name may go on"):
        call()
    assert sum(pauses) == 1800
