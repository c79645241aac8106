"""Wires every router of the emulator into one FastAPI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError

from emulator import catalog_control, control, identity, key_vault, upstream_control
from emulator.blob_service import containers, reading, sas_control, writing
from emulator.blob_service.refusals import BlobRefused, answer_blob_refusal
from emulator.explorer import pages, pictures
from emulator.geocatalog import (
    collection_assets,
    configurations,
    data,
    data_mosaics,
    ingestion_sources,
    ingestions,
    items,
    landing,
    operation_routes,
    queryables,
    sas,
    stac_collections,
    stac_search,
)
from emulator.geocatalog.access import admit
from emulator.geocatalog.errors import GeoCatalogError, answer_error, invalid
from emulator.state import EmulatorState
from emulator.storage import close_state
from emulator.upstreams.copernicus import control as copernicus_control
from emulator.upstreams.copernicus import download as copernicus_download
from emulator.upstreams.copernicus import nodes as copernicus_nodes
from emulator.upstreams.copernicus import odata as copernicus_odata
from emulator.upstreams.copernicus import sign_in as copernicus_sign_in
from emulator.upstreams.copernicus import stac as copernicus_stac
from emulator.upstreams.observearth import geometries as observearth_geometries
from emulator.upstreams.observearth import imagery as observearth_imagery
from emulator.upstreams.planetary_computer import data as upstream_data
from emulator.upstreams.planetary_computer import sas as upstream_sas
from emulator.upstreams.planetary_computer import stac as upstream_stac

# Each router has its whole path as its own prefix: a prefix given here would be missing in the
# route templates of the request log. The order matters where one path could match two routes.
GEOCATALOG_ROUTERS = (
    queryables.router,
    landing.router,
    stac_search.router,
    configurations.router,
    configurations.render_options_router,
    configurations.mosaics_router,
    collection_assets.router,
    items.router,
    stac_collections.router,
    operation_routes.router,
    ingestion_sources.router,
    ingestions.router,
    sas.router,
    data.router,
    data_mosaics.router,
)
OPEN_ROUTERS = (
    control.router,
    upstream_control.router,
    catalog_control.router,
    identity.router,
    key_vault.router,
    upstream_stac.router,
    upstream_sas.router,
    upstream_data.router,
    copernicus_control.router,
    copernicus_sign_in.router,
    copernicus_odata.router,
    copernicus_stac.router,
    copernicus_download.router,
    copernicus_nodes.router,
    observearth_geometries.router,
    observearth_imagery.router,
    reading.router,
    writing.router,
    containers.router,
    sas_control.router,
    pictures.router,
    pages.router,
)


def create_app(state: EmulatorState) -> FastAPI:
    """Return the application that serves one emulator; it closes the state when it shuts down."""
    app = FastAPI(
        title="GeoCatalog emulator",
        docs_url=None,
        redoc_url=None,
        openapi_url="/_emulator/openapi.json",
        lifespan=_lifespan,
        redirect_slashes=False,
    )
    app.state.emulator = state
    app.add_exception_handler(GeoCatalogError, answer_error)
    app.add_exception_handler(BlobRefused, answer_blob_refusal)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    for router in GEOCATALOG_ROUTERS:
        app.include_router(router, dependencies=[Depends(admit)])
    for router in OPEN_ROUTERS:
        app.include_router(router)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    close_state(app.state.emulator)


async def _answer_invalid(request: Request, error: Exception) -> Response:
    """Answer a parameter or body that FastAPI refused as the services do: 400, not 422."""
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"][1:])
    return await answer_error(request, invalid(f"{place}: {first['msg']}" if place else str(first["msg"])))
