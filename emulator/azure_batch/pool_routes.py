"""Routes of pools and their nodes."""

from fastapi import APIRouter, Depends, Request, Response

from emulator.azure_batch.access import admit
from emulator.azure_batch.documents import node_document, pool_document
from emulator.azure_batch.errors import invalid_value
from emulator.azure_batch.odata import page_of
from emulator.azure_batch.replies import Body, CurrentAccount, Root, answer, done

router = APIRouter(prefix="/pools", dependencies=[Depends(admit)])


@router.post("")
def create_pool(account: CurrentAccount, body: Body, request: Request) -> Response:
    """Create a pool (201). Its identity cannot be given here, as in the service: only ARM can."""
    if "identity" in body:
        raise invalid_value("identity", "Only Azure Resource Manager can give a pool an identity")
    with account.lock:
        return done(201, request, account.create_pool(body))


@router.get("")
def list_pools(account: CurrentAccount, root: Root, request: Request) -> Response:
    """Return the pools."""
    with account.lock:
        documents = [pool_document(pool, root) for pool in account.pools.values()]
    return answer(page_of(documents, request, "pools"))


@router.get("/{pool_id}")
def get_pool(account: CurrentAccount, root: Root, pool_id: str) -> Response:
    """Return a pool."""
    with account.lock:
        pool = account.pool(pool_id)
        return answer(pool_document(pool, root), pool)


@router.delete("/{pool_id}")
def delete_pool(account: CurrentAccount, pool_id: str, request: Request) -> Response:
    """Delete a pool (202); its tasks are requeued and wait for another of its name."""
    with account.lock:
        account.resize(account.pool(pool_id), 0)
        del account.pools[pool_id]
        return done(202, request)


@router.post("/{pool_id}/resize")
def resize_pool(account: CurrentAccount, pool_id: str, body: Body, request: Request) -> Response:
    """Add or remove nodes (202)."""
    with account.lock:
        pool = account.pool(pool_id)
        account.resize(pool, int(body.get("targetDedicatedNodes") or 0))
        return done(202, request, pool)


@router.post("/{pool_id}/enableautoscale")
def enable_autoscale(account: CurrentAccount, pool_id: str, body: Body, request: Request) -> Response:
    """Keep an autoscale formula; this stand-in does not evaluate it."""
    with account.lock:
        pool = account.pool(pool_id)
        pool.body.update(body, enableAutoScale=True)
        pool.touch()
        return done(200, request, pool)


@router.post("/{pool_id}/removenodes")
def remove_nodes(account: CurrentAccount, pool_id: str, body: Body, request: Request) -> Response:
    """Remove nodes (202); their tasks are requeued."""
    with account.lock:
        pool = account.pool(pool_id)
        for node in [account.node(pool_id, node_id) for node_id in body.get("nodeList") or []]:
            account.remove_node(node)
        pool.body["targetDedicatedNodes"] = len(pool.nodes)
        return done(202, request, pool)


@router.get("/{pool_id}/nodes")
def list_nodes(account: CurrentAccount, root: Root, pool_id: str, request: Request) -> Response:
    """Return the nodes of a pool."""
    with account.lock:
        documents = [node_document(node, root) for node in account.pool(pool_id).nodes.values()]
    return answer(page_of(documents, request, "nodes"))


@router.get("/{pool_id}/nodes/{node_id}")
def get_node(account: CurrentAccount, root: Root, pool_id: str, node_id: str) -> Response:
    """Return a node."""
    with account.lock:
        return answer(node_document(account.node(pool_id, node_id), root))
