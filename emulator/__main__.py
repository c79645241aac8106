"""`python -m emulator`: serve a local GeoCatalog until interrupted."""

import argparse
import sys
import tomllib
from pathlib import Path

from pydantic import ValidationError

from emulator.config import EmulatorConfig, load_config
from emulator.content.generate import content_folder, default_cache, ensure_content
from emulator.content.loading import UnreadableItems
from emulator.http_server import PortTaken
from emulator.server import EmulatorServer

USAGE_ERROR = 2


def main(arguments: list[str] | None = None) -> int:
    """Run the emulator; return the exit code (2: it cannot start, and one sentence says why)."""
    options = _parser().parse_args(arguments)
    try:
        _serve(options, load_config(options.config))
    except PortTaken as error:
        return _fail(f"{error} Choose another one with --port.")
    except (ValidationError, tomllib.TOMLDecodeError) as error:
        return _fail(f"The configuration {options.config} is not valid: {_one_line(error)}")
    except UnreadableItems as error:
        return _fail(f"The Items cannot be loaded: {error}")
    except OSError as error:
        return _fail(f"{error.filename or 'A file'} cannot be used: {error.strerror or error}.")
    return 0


def _serve(options: argparse.Namespace, config: EmulatorConfig) -> None:
    server = EmulatorServer(
        options.data_dir,
        host=options.host,
        port=options.port,
        config=config,
        content=_content(options.content_dir or default_cache()),
        item_files=options.items,
    )
    count = server.state.upstream.count_items()
    ready = f"GeoCatalog emulator at {server.url} with {count} upstream Items; see {server.url}/collections"
    server.run(lambda: print(ready, flush=True))


def _content(cache: Path) -> Path:
    if not content_folder(cache).is_dir():
        print(f"Drawing the synthetic scenes into {cache}, once; about 10 seconds ...", file=sys.stderr, flush=True)
    return ensure_content(cache)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m emulator", description="A local GeoCatalog.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8090, help="0 takes a free one (default: %(default)s)")
    parser.add_argument("--data-dir", type=Path, required=True, help="where the GeoCatalog is kept")
    parser.add_argument(
        "--items", type=Path, action="append", default=[], metavar="FILE", help="more upstream Items, .ndjson[.gz]"
    )
    parser.add_argument("--config", type=Path, metavar="FILE.toml", help="latency, durations, faults, roles")
    parser.add_argument("--content-dir", type=Path, help="cache of the generated scenes")
    return parser


def _fail(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return USAGE_ERROR


def _one_line(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())


if __name__ == "__main__":
    sys.exit(main())
