"""The web application of a station."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from anyio import to_thread
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from lowcost import __version__
from lowcost.errors import LowcostError
from lowcost.serve import api, pages
from lowcost.serve.errors import StationError, TooMany, Unauthenticated
from lowcost.serve.security.headers import Guard
from lowcost.serve.station import Station
from lowcost.taxonomy import RESEARCH_USE_NOTICE

API = "/api/"


def create(station: Station) -> FastAPI:
    """Return the application; while it runs, the station analyses.

    Parameters
    ----------
    station : Station
        Closed when the application ends.
    """

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        await to_thread.run_sync(station.start)
        yield
        await to_thread.run_sync(station.close)

    app = FastAPI(
        title="lowcost review station",
        version=__version__,
        description=RESEARCH_USE_NOTICE,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # its page would load scripts from elsewhere
        redoc_url=None,
        lifespan=running,
    )
    app.state.station = station
    app.add_middleware(Guard, lan=station.settings.lan)
    app.include_router(api.router)
    app.include_router(pages.router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
    app.add_exception_handler(LowcostError, _refused)
    app.add_exception_handler(RequestValidationError, _misunderstood)
    app.add_exception_handler(IntegrityError, _conflict)
    app.add_exception_handler(StaleDataError, _conflict)
    app.add_exception_handler(ClientDisconnect, _gone)
    return app


def _refused(request: Request, error: Any) -> Response:
    """Say why not, as JSON or as a page; who is not signed in is led to where they can."""
    status = error.status if isinstance(error, StationError) else 400
    headers = {"Retry-After": str(error.wait_s)} if isinstance(error, TooMany) else {}
    if request.url.path.startswith(API):
        return JSONResponse({"detail": str(error)}, status, headers)
    if isinstance(error, Unauthenticated) and request.url.path != pages.SIGN_IN:
        return RedirectResponse(pages.SIGN_IN, 303)
    return pages.refusal(request, str(error), status, headers)


def _misunderstood(request: Request, error: Any) -> Response:
    """Name what was wrong without repeating it: it may be anything."""
    told = [
        {"loc": [str(part) for part in each["loc"]], "msg": each["msg"], "type": each["type"]}
        for each in error.errors()
    ]
    if request.url.path.startswith(API):
        return Response(_json({"detail": told}), 422, media_type="application/json")
    return pages.refusal(request, "; ".join(each["msg"] for each in told), 422, {})


def _conflict(request: Request, error: Any) -> Response:
    sentence = "Somebody else has just changed the same: load it again and repeat what you did."
    if request.url.path.startswith(API):
        return JSONResponse({"detail": sentence}, 409)
    return pages.refusal(request, sentence, 409, {})


def _gone(request: Request, error: Any) -> Response:
    return Response(status_code=400)  # nobody reads it: the connection is lost


def _json(content: Any) -> bytes:
    import json

    return json.dumps(content).encode("ascii")  # escapes what UTF-8 cannot hold
