"""`python -m emulator.azure_batch`: serve a local stand-in of Azure Batch until interrupted."""

import argparse
import sys
from pathlib import Path

from emulator.azure_batch.config import BatchConfig
from emulator.azure_batch.processes import adopt_orphans
from emulator.azure_batch.server import BatchServer
from emulator.http_server import PortTaken

USAGE_ERROR = 2


def main(arguments: list[str] | None = None) -> int:
    """Run the stand-in; return the exit code (2: it cannot start, and one sentence says why)."""
    options = _parser().parse_args(arguments)
    adopt_orphans()
    config = BatchConfig(start_delay=options.start_delay, prepare_seconds=options.prepare_seconds)
    try:
        server = BatchServer(options.data_dir, host=options.host, port=options.port, config=config)
    except PortTaken as error:
        print(f"{error} Choose another one with --port.", file=sys.stderr)
        return USAGE_ERROR
    server.add_pool(options.pool, nodes=options.nodes, slots=options.slots)
    ready = f"Azure Batch stand-in at {server.url}: pool {options.pool} with {options.nodes} nodes of {options.slots}"
    server.run(lambda: print(f"{ready} slots", flush=True))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m emulator.azure_batch", description="A local Azure Batch account.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8095, help="0 takes a free one (default: %(default)s)")
    parser.add_argument("--data-dir", type=Path, required=True, help="where the nodes keep their files")
    parser.add_argument("--pool", default="local", help="pool that there is at the start (default: %(default)s)")
    parser.add_argument("--nodes", type=int, default=4, help="nodes of that pool (default: %(default)s)")
    parser.add_argument("--slots", type=int, default=1, help="tasks at once on a node (default: %(default)s)")
    parser.add_argument("--start-delay", type=float, default=0.0, help="seconds until a task gets a node")
    parser.add_argument("--prepare-seconds", type=float, default=0.0, help="seconds of a task's preparation")
    return parser


if __name__ == "__main__":
    sys.exit(main())
