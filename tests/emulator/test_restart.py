"""What survives a restart, and how the process starts."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from emulator.__main__ import main
from emulator.config import EmulatorConfig
from emulator.http_server import PortTaken
from emulator.server import EmulatorServer
from tests.emulator.catalog import SCENES, Catalog, upstream_scene


@pytest.fixture
def scenes_file(tmp_path: Path) -> Path:
    file = tmp_path / "scenes.ndjson"
    file.write_text("\n".join(json.dumps(upstream_scene(number)) for number in range(SCENES)))
    return file


def test_state_survives_a_restart_on_another_port(tmp_path: Path, scenes_file: Path) -> None:
    slow = EmulatorConfig.model_validate({"operations": {"min_seconds": 500, "max_seconds": 500}})
    with EmulatorServer(tmp_path / "data", item_files=[scenes_file]) as server:
        before = Catalog(server.url)
        before.add_collection()
        source = before.add_source()
        before.ingest(before.scene(1))
        server.state.config = slow.changed({"public_url": server.url})
        open_operation = before.post_items(before.scene(2)).json()["id"]
    with EmulatorServer(tmp_path / "data", item_files=[scenes_file]) as server:
        after = Catalog(server.url)
        assert server.url != before.url and after.control("GET", "health")["items"] == SCENES
        assert after.call("GET", f"/inma/operations/{open_operation}", 200).json()["status"] in ("Pending", "Running")
        assert after.ids() == ["scene-01"]
        after.advance(600)
        assert after.call("GET", f"/inma/operations/{open_operation}", 200).json()["status"] == "Succeeded"
        assert after.ids() == ["scene-02", "scene-01"]
        shown = after.call("GET", f"/inma/ingestion-sources/{source['id']}", 200).json()
        assert shown["connectionInfo"]["containerUrl"] == after.container
        for item in after.call("POST", "/stac/search?sign=true", 200, json={}).json()["features"]:
            href = item["assets"]["B09"]["href"]
            assert href.startswith(server.url) and after.session.get(href, timeout=60).status_code == 200


def test_a_taken_port_is_one_sentence(tmp_path: Path, content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(PortTaken):
            EmulatorServer(tmp_path, port=port)
        code = main(["--port", str(port), "--data-dir", str(tmp_path), "--content-dir", str(content.parent)])
    assert code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"127.0.0.1:{port}" in line and "--port" in line


@pytest.mark.parametrize(
    ("option", "text", "message"),
    [
        ("--config", "seed = 'x'", "seed"),
        ("--config", "unknown = 1", "unknown"),
        ("--config", "= =", "not valid"),
        ("--items", "{}\n", "line 1"),
        ("--items", None, "absent"),
    ],
)
def test_unusable_files_are_one_sentence(
    tmp_path: Path, content: Path, capsys: pytest.CaptureFixture[str], option: str, text: str | None, message: str
) -> None:
    file = tmp_path / ("file" if text is not None else "absent")
    if text is not None:
        file.write_text(text)
    arguments = ["--port", "0", "--data-dir", str(tmp_path / "d"), "--content-dir", str(content.parent)]
    assert main([*arguments, option, str(file)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line


@pytest.mark.parametrize(("stop", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, -signal.SIGTERM)])
def test_process_prints_one_line_and_stops_quietly(
    tmp_path: Path, content: Path, stop: signal.Signals, code: int
) -> None:
    command = [sys.executable, "-m", "emulator", "--port", "0", "--data-dir", str(tmp_path)]
    with subprocess.Popen(
        [*command, "--content-dir", str(content.parent)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.send_signal(stop)
        rest = process.stdout.read()
        assert process.wait(timeout=60) == code
    assert "http://127.0.0.1:" in line and "18 upstream Items" in line and rest == ""
