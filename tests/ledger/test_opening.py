"""What a ledger may be when it is opened: absent, older, newer, damaged, or something else."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, insert, make_url, select, text

from ledger.database import SCHEMA, Database
from ledger.ledger import Ledger
from ledger.opening import _MIGRATIONS, VERSIONS, _upgrade, open_database
from ledger.records import Change, utc_now
from ledger.schema import collection, item, metadata
from models.errors import LedgerUnusable, TransientError
from models.failure import Failure
from models.outcomes import ItemState
from tests.ledger.conftest import CATALOG, COLLECTION, Clock, claims, run
from tests.ledger.server import PASSWORD


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = open_database(url, utc_now)
    yield opened
    opened.close()


def refused(url: str) -> str:
    """Return why a ledger is refused."""
    with pytest.raises(LedgerUnusable) as error:
        Ledger.open(url, CATALOG)
    return str(error.value)


def test_the_migrations_make_the_tables_that_the_code_uses(database):
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_versions_are_those_of_the_migrations():
    revisions = ScriptDirectory(str(_MIGRATIONS)).walk_revisions()
    assert tuple(reversed([revision.revision for revision in revisions])) == VERSIONS


def test_a_ledger_is_found_again(open_ledger, ledger):
    ledger.claim("one", COLLECTION, claims("a"))
    ledger.close()
    assert open_ledger().entries(COLLECTION, ["a"])["a"].run_id == "one"


def make_first_version(url: str) -> None:
    """Make a ledger as the first version left it, with a proven Item in it."""
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///"))
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=wal")
            connection.execute("PRAGMA application_id=0x47434c47")
    engine = Database(make_url(url), url).engine
    with engine.begin() as connection:
        if not url.startswith("sqlite"):
            connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
        _upgrade(connection, None, VERSIONS[0])
        connection.execute(insert(collection).values(catalog=CATALOG, collection_id=COLLECTION))
        known = {"item_id": "a", "state": "proven", "updated": utc_now()}
        connection.execute(insert(item).values(collection=select(collection.c.id).scalar_subquery(), **known))
    engine.dispose()


def test_an_older_ledger_is_brought_up_to_date(url, open_ledger):
    make_first_version(url)
    ledger = open_ledger()
    assert ledger.entries(COLLECTION, ["a"])["a"].state is ItemState.PROVEN
    ledger.begin_run(run("one"))
    failure = Failure.of("StacValidationFailed", "no geometry")
    ledger.record("one", COLLECTION, [Change("b", ItemState.FAILED, failure=failure, item={"id": "b"})])
    assert ledger.dead_letter(COLLECTION, "b") is not None


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "ledger.sqlite"


@pytest.fixture
def file_url(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture
def used(path: Path, file_url: str) -> Path:
    """The file of a ledger that holds something, and is closed."""
    ledger = Ledger.open(file_url, CATALOG)
    ledger.begin_run(run("one"))
    ledger.claim("one", COLLECTION, claims(*(f"item-{number}" for number in range(300))))
    ledger.close()
    return path


def test_a_copy_of_an_older_file_is_kept(path, file_url):
    path.parent.mkdir()
    make_first_version(file_url)
    Ledger.open(file_url, CATALOG, Clock()).close()
    assert sorted(each.name for each in path.parent.iterdir()) == [
        "ledger.sqlite",
        "ledger.sqlite.version-0001.20260301T120000.backup",
    ]
    with closing(sqlite3.connect(path.parent / "ledger.sqlite.version-0001.20260301T120000.backup")) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
        assert connection.execute("SELECT item_id FROM item").fetchall() == [("a",)]


def test_a_file_of_a_newer_version_is_refused_and_left_alone(used, file_url):
    with closing(sqlite3.connect(used)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = used.read_bytes()
    message = refused(file_url)
    assert "has version 9999, which is newer than" in message
    assert "update geocatalog-flows" in message
    assert str(used) in message
    assert used.read_bytes() == before


def test_a_newer_version_on_postgresql_is_refused_and_left_alone(url, database):
    if database.is_sqlite:
        pytest.skip("the same with a file is tested above")
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert "has version 9999" in refused(url)
    assert PASSWORD not in refused(url)


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_file_of_another_program_is_refused_and_left_alone(path, file_url, mode):
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"PRAGMA journal_mode={mode}")
        connection.execute("CREATE TABLE item (id TEXT)")
    before = path.read_bytes()
    message = refused(file_url)
    assert "of another program" in message
    assert str(path) in message
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_copy_that_cannot_be_made_leaves_the_older_file_as_it_is(path, file_url):
    path.parent.mkdir()
    make_first_version(file_url)
    before = path.read_bytes()
    (path.parent / "ledger.sqlite.version-0001.20260301T120000.backup").mkdir()
    with pytest.raises(LedgerUnusable, match="no copy of it could be made"):
        Ledger.open(file_url, CATALOG, Clock())
    assert path.read_bytes() == before


def test_a_schema_of_another_program_is_refused(url, postgresql_only):
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
        connection.execute(text(f"CREATE TABLE {SCHEMA}.thing (id int)"))
    engine.dispose()
    assert "not a ledger's" in refused(url)


def test_tables_of_others_in_the_database_do_not_matter(url, postgresql_only, open_ledger):
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS public.alembic_version"))
        connection.execute(text("CREATE TABLE public.alembic_version (version_num text)"))
        connection.execute(text("INSERT INTO public.alembic_version VALUES ('of another program')"))
    engine.dispose()
    open_ledger().begin_run(run("one"))


@pytest.fixture
def postgresql_only(url: str) -> None:
    if url.startswith("sqlite"):
        pytest.skip("about PostgreSQL")


def test_a_file_that_is_no_database_is_refused_and_left_alone(path, file_url):
    path.parent.mkdir()
    path.write_text("a text of some length, which is no database\n" * 100)
    before = path.read_bytes()
    assert "it is not an SQLite file" in refused(file_url)
    assert path.read_bytes() == before


@pytest.mark.parametrize("where", [100, 4096, 4096 * 5, -4096 * 3])
def test_a_damaged_file_is_refused_and_left_alone(used, file_url, where):
    content = bytearray(used.read_bytes())
    content[where : where + 64 if where + 64 else None] = b"\xff" * 64
    used.write_bytes(content)
    message = refused(file_url)
    assert "damaged" in message
    assert str(used) in message
    assert "Restore a backup" in message
    assert used.read_bytes() == content


def test_a_file_that_was_cut_off_is_refused_and_left_alone(used, file_url):
    content = used.read_bytes()[:-8192]
    used.write_bytes(content)
    assert "damaged" in refused(file_url)
    assert used.read_bytes() == content


def test_damage_while_it_is_used_is_said(used, file_url):
    ledger = Ledger.open(file_url, CATALOG)
    content = used.read_bytes()
    used.write_bytes(content[:100] + b"\xff" * (len(content) - 100))
    with pytest.raises(LedgerUnusable, match="restore a backup"):
        ledger.runs()
    ledger.close()


def test_an_empty_file_becomes_a_ledger(path, file_url):
    path.parent.mkdir()
    path.touch()
    Ledger.open(file_url, CATALOG).close()
    assert path.stat().st_size > 0


def test_a_folder_in_the_place_of_the_file_is_said(path, file_url):
    path.mkdir(parents=True)
    assert "name a file" in refused(file_url)


def test_a_folder_that_cannot_be_made_is_said(path, file_url):
    path.parent.write_text("a file")
    assert "The folder of the ledger" in refused(file_url)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("not a url", "is not a database URL"),
        ("mysql://user:planted-password@host/db", "names mysql"),
        ("sqlite+aiosqlite:///x", "names sqlite+aiosqlite"),
        ("sqlite://", "names no file"),
    ],
)
def test_a_wrong_url_is_said_without_its_password(url, sentence):
    message = refused(url)
    assert sentence in message
    assert PASSWORD not in message


@pytest.mark.long
def test_a_wrong_password_is_said_but_not_told(postgresql):
    message = refused(postgresql.url("postgres", "wrong-planted-password"))
    assert "Check user and password in GEOCATALOG_LEDGER_URL" in message
    assert "planted-password" not in message


@pytest.mark.long
def test_an_unknown_database_is_said(postgresql):
    assert "Check user and database in GEOCATALOG_LEDGER_URL" in refused(postgresql.url("nowhere"))


def test_a_server_that_is_down_may_come_back():
    with pytest.raises(TransientError) as error:
        Ledger.open("postgresql://ledger:planted-password@127.0.0.1:1/db?password=planted-password", CATALOG)
    assert "127.0.0.1" in str(error.value)
    assert PASSWORD not in str(error.value)


def test_connections_that_the_server_closed_are_opened_anew(postgresql_only, ledger, database):
    ledger.runs()
    with database.read() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"))
    assert len(ledger.runs()) == 2


def test_a_file_that_another_process_keeps_locked_may_come_back(used, file_url, monkeypatch):
    monkeypatch.setattr("ledger.database.BUSY_TIMEOUT", 0.01)
    ledger = Ledger.open(file_url, CATALOG)
    with closing(sqlite3.connect(used)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TransientError, match="locked"):
            ledger.begin_run(run("two"))
    ledger.begin_run(run("two"))
    ledger.close()
