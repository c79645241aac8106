"""A server that answers as ObservEarth does, in 50 ms and without reading imagery: for load, not for truth.

The stand-in in `emulator/` computes its answers from scenes, which takes more time than what is measured here.
"""

import json
import sys
import threading
import time
from collections import Counter
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LATENCY = 0.05
"""Seconds of each answer."""


class StatisticsServer(ThreadingHTTPServer):
    """As a context manager, it answers until the end of the block.

    Args:
        areas: geometries that the account has.
        failing: pairs of geometry id and month (YYYY-MM) whose statistics are refused; may be changed at any time.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, areas: int, failing: set[tuple[str, str]] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.areas = areas
        self.failing = failing or set()
        self.counts: Counter[str] = Counter()
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        """Root of the API."""
        return f"http://127.0.0.1:{self.server_address[1]}/api"

    def __enter__(self) -> "StatisticsServer":
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        self.server_close()


def geometry_id(number: int) -> str:
    """Return the id of a geometry of the account."""
    return f"00000000-0000-4000-8000-{number:012d}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: StatisticsServer

    def do_GET(self) -> None:
        self._answer("geometry", {"count": self.server.areas, "next": None, "results": self._geometries()})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith("/search/"):
            self._answer("search", self._search(body))
        elif (body["geometry_id"], body["start_date"][:7]) in self.server.failing:
            self._answer("stats", {"detail": "made to fail"}, 404)
        else:
            self._answer("stats", {"results": [{"date": body["start_date"], "mean_value": 0.5}]})

    def _geometries(self) -> list[dict[str, Any]]:
        return [{"id": geometry_id(n), "name": f"area {n:03d}", "geometry": None} for n in range(self.server.areas)]

    def _search(self, body: dict[str, Any]) -> dict[str, Any]:
        """Answer with one Item in the middle of each month."""
        start, end = date.fromisoformat(body["start_date"]), date.fromisoformat(body["end_date"])
        days = [start + timedelta(days=n) for n in range((end - start).days + 1)]
        items = [
            {"id": f"S2A_MSIL2A_{day:%Y%m%d}T101031_R022_T32TMT_{day:%Y%m%d}T120000"} for day in days if day.day == 15
        ]
        return {"count": len(items), "results": items}

    def _answer(self, kind: str, document: dict[str, Any], status: int = 200) -> None:
        with self.server.lock:
            self.server.counts[kind] += 1
        time.sleep(LATENCY)
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *values: Any) -> None:  # noqa: A002 - the name that http.server asks for
        """Say nothing."""


def main() -> None:
    """Serve as many areas as the command line says, say where, and stop when standard input ends."""
    with StatisticsServer(int(sys.argv[1])) as server:
        print(server.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
