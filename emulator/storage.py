"""Opens what an emulator keeps on disk, and fills its upstream catalog."""

from collections.abc import Sequence
from pathlib import Path

import orjson

from emulator.blob_service.uploads import Uploads
from emulator.blobs import BlobStore
from emulator.clock import Clock
from emulator.config import EmulatorConfig
from emulator.content.loading import ContentLoader
from emulator.item_store import ItemStore
from emulator.rebase import rebase
from emulator.sas_tokens import SasTokens
from emulator.state import EmulatorState
from emulator.upstreams.copernicus.item_index import ItemIndex
from emulator.upstreams.copernicus.state import Copernicus


def open_state(
    config: EmulatorConfig, data_dir: Path, content: Path | None = None, item_files: Sequence[Path] = ()
) -> EmulatorState:
    """Open or create the data below `data_dir`; the GeoCatalog's own survives restarts.

    Args:
        config: configuration at start-up.
        data_dir: created when missing.
        content: folder of `ensure_content`; None leaves the upstream without generated scenes.
        item_files: more upstream Items, `.ndjson` or `.ndjson.gz`.

    Raises:
        OSError: a file or folder cannot be used.
        UnreadableItems: an Item file has a line that is no STAC Item.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    state = EmulatorState(
        config=config,
        clock=Clock(),
        upstream=ItemStore(data_dir / "upstream.sqlite"),
        catalog=ItemStore(data_dir / "geocatalog.sqlite"),
        sas=SasTokens(),
        blobs=BlobStore(data_dir, content or data_dir / "no-content"),
        uploads=Uploads(data_dir / "uploads.sqlite"),
        copernicus=Copernicus(content, ItemIndex(data_dir / "copernicus.sqlite")),
    )
    _follow_public_url(state, data_dir / "public-url.txt")
    _fill_upstream(state, data_dir / "upstream.loaded.json", content, item_files)
    return state


def _follow_public_url(state: EmulatorState, mark: Path) -> None:
    """Rewrite stored hrefs when the emulator was started under another URL before."""
    url = state.config.public_url
    if mark.exists() and (old := mark.read_text(encoding="utf-8")) != url:
        rebase(state.catalog.database, old, url)
    mark.write_text(url, encoding="utf-8")


def _fill_upstream(state: EmulatorState, mark: Path, content: Path | None, item_files: Sequence[Path]) -> None:
    """Load the upstream's Items unless the same ones were loaded by an earlier start."""
    wanted = orjson.dumps([state.config.public_url, str(content), [_file_mark(file) for file in item_files]])
    if mark.exists() and mark.read_bytes() == wanted:
        return
    mark.unlink(missing_ok=True)
    state.upstream.clear()
    state.upstream_changes.forget()
    loader = ContentLoader(state.upstream, state.blobs, state.config.public_url)
    if content:
        loader.load_generated(content)
    for file in item_files:
        loader.load_file(file)
    mark.write_bytes(wanted)


def _file_mark(file: Path) -> list[str | int]:
    status = file.stat()
    return [str(file.resolve()), status.st_size, status.st_mtime_ns]


def close_state(state: EmulatorState) -> None:
    """Close all files; the state cannot be used afterwards."""
    state.upstream.close()
    state.catalog.close()
    state.blobs.close()
    state.uploads.close()
    state.copernicus.items.close()
