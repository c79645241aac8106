"""The download host: products at `/copernicus/download/odata/v1`, for the holder of a token."""

import re
import uuid
from dataclasses import dataclass
from functools import partial

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from emulator.state import EmulatorState, State
from emulator.upstreams.copernicus.config import DownloadConfig
from emulator.upstreams.copernicus.hosts import DOWNLOAD
from emulator.upstreams.copernicus.mishaps import Step
from emulator.upstreams.copernicus.parts import Answer, plan_answer
from emulator.upstreams.copernicus.products import Product
from emulator.upstreams.copernicus.records import find_listed, kinds_of
from emulator.upstreams.copernicus.replies import download_refusal
from emulator.upstreams.copernicus.sessions import DownloadRefused, check_download_token
from emulator.upstreams.copernicus.transfer import TransferResponse

router = APIRouter(prefix=DOWNLOAD, tags=["Copernicus downloads"])

_TOO_MANY = (429, "DAT-ZIP-100", "Max session number exceeded")
_REFUSALS: dict[str, tuple[int, str, str]] = {
    "server-error": (503, "DAT-ZIP-500", "Service unavailable"),
    "too-many": _TOO_MANY,
    "token-expired": (401, "DAT-ZIP-109", "Token is expired"),
    "token-lost": (401, "DAT-ZIP-604", "Token not found"),
    "wrong-audience": (401, "DAT-ZIP-609", "Token audience not allowed"),
    "licence": (403, "DAT-ZIP-608", "Licence for the product has not been accepted"),
    "missing": (404, "DAT-ZIP-404", "Product not found"),
    "offline": (403, "DAT-ZIP-403", "Product is offline"),
}


@dataclass(frozen=True)
class _Admitted:
    """A download that may begin."""

    account: str
    product: Product
    step: Step | None


@router.api_route("/Products({product_id})/$value", methods=["GET", "HEAD"])
async def download(product_id: str, request: Request, state: State) -> Response:
    """Send a product's zip, or the part of it that a Range asks for."""
    connections, config = state.copernicus.connections, state.config.copernicus.download
    try:
        admitted = await run_in_threadpool(_admit, product_id, request, state)
        answer = await run_in_threadpool(_plan, admitted, request, config)
        if request.method == "HEAD" or answer.part is None:
            return Response(None, answer.status, answer.headers)
        if not connections.take(admitted.account, config.connections):
            raise DownloadRefused(*_TOO_MANY)
    except DownloadRefused as refused:
        connections.count_refused(refused.code)
        return _refusal(refused, config)
    when_done = partial(_done, admitted, config, state)
    return TransferResponse(admitted.product.body, answer.part, answer.status, answer.headers, when_done)


def _refusal(refused: DownloadRefused, config: DownloadConfig) -> Response:
    response = download_refusal(refused.status, refused.code, str(refused))
    if config.retry_after is not None and refused.status in (429, 503):
        response.headers["Retry-After"] = config.retry_after
    return response


def _admit(product_id: str, request: Request, state: EmulatorState) -> _Admitted:
    account = named_account(request, state)
    product = find_product(product_id, state)
    state.copernicus.connections.count_request(product.facts.name)
    if "offline" in kinds_of(product, state):
        raise DownloadRefused(*_REFUSALS["offline"])
    step = None
    if request.method == "GET":
        step = state.copernicus.mishaps.next_step(product, state.config.copernicus.mishaps, state.config.seed)
    if step and step.act in _REFUSALS:
        raise DownloadRefused(*_REFUSALS[step.act])
    return _Admitted(account, product, step)


def named_account(request: Request, state: EmulatorState) -> str:
    """Return whose token it is; one in the query is taken too, as the real service does.

    Raises:
        DownloadRefused: there is none, or it is not good.
    """
    header = request.headers.get("authorization")
    if header is None and (token := request.query_params.get("token")):
        header = f"Bearer {token}"
    return check_download_token(header, state.clock.time())


def find_product(product_id: str, state: EmulatorState) -> Product:
    """Return the product.

    Raises:
        DownloadRefused: the id is malformed or unknown.
    """
    if product_id.startswith("'"):
        raise DownloadRefused(400, "DAT-ZIP-104", "Malformed OData request path")
    if not re.fullmatch(r"[0-9a-fA-F-]{36}", product_id):
        raise DownloadRefused(422, "DAT-ZIP-111", "Product id is not a valid uuid")
    product = find_listed(str(uuid.UUID(product_id)), state)
    if product is None:
        raise DownloadRefused(*_REFUSALS["missing"])
    return product


def _plan(admitted: _Admitted, request: Request, config: DownloadConfig) -> Answer:
    wanted, condition = request.headers.get("range"), request.headers.get("if-range")
    return plan_answer(admitted.product, admitted.step, wanted, condition, config)


def _done(admitted: _Admitted, config: DownloadConfig, state: EmulatorState, sent: int, complete: bool) -> None:
    connections = state.copernicus.connections
    connections.count_sent(admitted.product.facts.name, sent, complete)
    connections.release(admitted.account, config.slot_release_seconds)
