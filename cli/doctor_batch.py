"""`geocatalog doctor --azure-batch`: what flow runs on Azure Batch need, one by one."""

from collections.abc import Callable
from functools import cache
from urllib.parse import urlsplit

from clients.azure_batch import PoolView
from models.errors import InvalidRequest

Check = tuple[str, Callable[[], str]]
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def batch_checks() -> list[Check]:
    """Return the checks by name; each returns what is well, or raises with what is wrong and how to mend it."""
    return [
        ("Batch settings", _settings),
        ("Batch account and pool", _pool),
        ("Identity of the pool", _identity),
        ("Prefect API as nodes reach it", _prefect),
        ("Ledger as nodes reach it", _ledger),
        ("Work pool and worker", _worker),
        ("Deployments", _deployments),
    ]


def _settings() -> str:
    from settings import get_batch_settings

    settings = get_batch_settings()
    return f"{settings.url}, pool {settings.pool}, image {settings.image or 'none: on the node itself'}"


@cache
def _the_pool() -> PoolView:
    from settings import get_batch_settings
    from tasks.batch_job import azure_batch

    return azure_batch().get_pool(get_batch_settings().pool)


def _pool() -> str:
    pool = _the_pool()
    if pool.resize_errors:
        raise InvalidRequest(f"The {pool.sentence}: raise the quota of cores, or choose another size of nodes.")
    if not pool.nodes and not pool.target_nodes and not pool.autoscales:
        raise InvalidRequest(f"The {pool.sentence}, and does not scale by itself: resize it, or give it a formula.")
    return pool.sentence + (", by a formula" if pool.autoscales else "")


def _identity() -> str:
    pool = _the_pool()
    if _is_local():
        return "the local stand-in's"
    if not pool.identities:
        raise InvalidRequest(
            f"The pool {pool.id} has no user-assigned identity, and only ARM can give it one: make it by"
            " deployments/azure_batch/main.bicep."
        )
    return ", ".join(identity.rpartition("/")[2] for identity in pool.identities)


def _is_local() -> bool:
    from settings import get_batch_settings

    return urlsplit(get_batch_settings().url).hostname in _LOOPBACK


def _prefect() -> str:
    from prefect.settings import PREFECT_API_URL

    url = PREFECT_API_URL.value() or ""
    if urlsplit(url).hostname in (*_LOOPBACK, None) and not _is_local():
        raise InvalidRequest(
            f"PREFECT_API_URL is {url or 'not set'}: nodes cannot reach this machine by that. Set it to an address that"
            " they reach, here or in the environment of the work pool."
        )
    return url


def _ledger() -> str:
    from tasks.ledger import ledger

    place = ledger().place
    if "postgresql" not in place and not _is_local():
        raise InvalidRequest(
            f"The ledger is {place}, which nodes do not have: set GEOCATALOG_LEDGER_URL to a PostgreSQL database, by"
            " its place in Key Vault."
        )
    return f"it is {place}"


def _worker() -> str:
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        pools = [pool for pool in client.read_work_pools() if pool.type == "azure-batch"]
        online = {
            pool.name: [w.name for w in client.read_workers_for_work_pool(pool.name) if w.status == "ONLINE"]
            for pool in pools
        }
    if not pools:
        raise InvalidRequest("There is no work pool: `prefect work-pool create azure-batch --type azure-batch`.")
    without = [name for name, workers in online.items() if not workers]
    if without:
        raise InvalidRequest(
            f"No worker looks after {', '.join(without)}: `prefect worker start --pool {without[0]} --name batch-1`."
        )
    return "; ".join(f"{name}: {', '.join(workers)}" for name, workers in online.items())


def _deployments() -> str:
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        names = sorted(known.name for known in client.read_deployments(limit=200) if "azure-batch" in known.tags)
    if not names:
        raise InvalidRequest(
            "There are no deployments: `GEOCATALOG_FLOWS_DIR=/app prefect --no-prompt deploy --all --prefect-file"
            " deployments/azure_batch/prefect.yaml`."
        )
    return f"{len(names)}: {', '.join(names)}"
