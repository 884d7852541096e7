"""The pages: metrics for Prometheus, probes, and the fleet as JSON. All are read-only and run on the web's thread."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import asdict
from math import isfinite
from typing import Annotated, Any

from fastapi import FastAPI, Header, HTTPException, Query, Response
from prometheus_client.exposition import choose_encoder

from cutpoint.errors import CutpointError
from cutpoint.wire import DeviceId
from edge_server.web.metrics import registry_of
from edge_server.web.snapshot import MOST_ROWS, Snapshots, Sort, Wanted, row_of
from edge_server.web.view import FleetView

STUCK_S = 5.0
"""A desk whose loop has not turned for so long serves nobody."""
_EXPLAIN_S = 2.0
_JSON = "application/json"


def make_app(view: FleetView) -> FastAPI:
    """The application over one server."""
    app = FastAPI(
        title="Cutpoint edge server", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json"
    )
    _add_probes(app, view)
    _add_metrics(app, view)
    _add_fleet(app, view)
    return app


def _add_probes(app: FastAPI, view: FleetView) -> None:
    @app.get("/healthz")
    async def healthz() -> Response:
        """Whether the server lives: restart it when not."""
        idle_s = view.idle_s()
        if idle_s > STUCK_S:
            reason = f"the desk's loop has not turned for {idle_s:.1f} s; at most {STUCK_S:g} s are normal"
            return _json({"alive": False, "reason": reason}, 503)
        return _json({"alive": True})

    @app.get("/readyz")
    async def readyz() -> Response:
        """Whether the server can serve now: what is missing, by name."""
        missing = dict(view.missing())
        return _json({"ready": not missing, "missing": missing}, 503 if missing else 200)


def _add_metrics(app: FastAPI, view: FleetView) -> None:
    registry = registry_of(view)

    @app.get("/metrics")
    async def metrics(accept: Annotated[str, Header()] = "") -> Response:
        """Prometheus' text format, or OpenMetrics where that is accepted."""
        encode, content_type = choose_encoder(accept)
        return Response(encode(registry), headers={"content-type": content_type})


def _add_fleet(app: FastAPI, view: FleetView) -> None:
    snapshots = Snapshots(view)

    @app.get("/api/fleet")
    async def fleet(
        limit: Annotated[int, Query(ge=0, le=MOST_ROWS)] = 100,
        sort: Sort = Sort.ID,
        state: Annotated[str | None, Query(max_length=16)] = None,
        match: Annotated[str | None, Query(max_length=64)] = None,
    ) -> Response:
        """The server, and the devices that are wanted, in order."""
        stats = view.stats()
        page = await snapshots.page(Wanted(limit, sort, state, match), stats["models"])
        server = json.dumps(_server(view, stats))
        body = f'{{"server": {server}, "matching": {page.matching}, "devices": [{", ".join(page.rows)}]}}'
        return Response(body, media_type=_JSON)

    @app.get("/api/device/{id}")
    async def device(id: str) -> Response:
        """One device in full, with the cost table of its planner as its next decision would see it."""
        try:
            wanted = DeviceId(id)
        except CutpointError as error:
            raise HTTPException(422, str(error)) from error
        figures = view.fleet.get(wanted)
        if figures is None:
            raise HTTPException(404, f"no device {wanted} was heard of; /api/fleet lists those that were")
        row = row_of(figures, view, view.fleet.now_s(), view.stats()["models"])
        return _json({"device": asdict(row), "costs": await _costs(view, wanted)})

    @app.get("/api/models")
    async def models() -> Response:
        """The models on offer by id, every version with its devices, and how rollouts stand."""
        stats = view.stats()
        return _json({name: stats[name] for name in ("models", "catalogue", "rollouts")})


async def _costs(view: FleetView, device: DeviceId) -> list[dict[str, Any]] | None:
    """The rows of the cost table; None without a planner, or when the desk has no time for it."""
    try:
        async with asyncio.timeout(_EXPLAIN_S):
            table = await asyncio.wrap_future(view.explain(device))
    except TimeoutError:
        return None
    return None if table is None else [_finite(asdict(row)) for row in table.rows]


def _server(view: FleetView, stats: Any) -> dict[str, Any]:
    fleet = view.fleet
    counters = stats["counters"]
    return {
        **view.facts(),
        **{name: value for name, value in stats.items() if name != "counters"},
        "rate": round(fleet.rate.per_second(fleet.now_s()), 1),
        "states": {
            "unknown" if state is None else state.value: count
            for state, count in fleet.states.copy().items()
            if count
        },
        "answered": counters.get("answered_ok", 0),
        "acknowledged": counters.get("acknowledged", 0),
        "missing": dict(view.missing()),
    }


def _finite(row: dict[str, Any]) -> dict[str, Any]:
    """JSON has no word for an infinite figure: it becomes null."""
    return {
        name: None if isinstance(value, float) and not isfinite(value) else value
        for name, value in row.items()
    }


def _json(value: Mapping[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(value), status, media_type=_JSON)
