"""`cutpoint serve`: an edge server until Ctrl-C."""

from __future__ import annotations

from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cutpoint.errors import UsageError
from edge_server import EdgeServer, ServeConfig, start_logging
from edge_server import serve as serve_until_stopped
from host_tools.broker import BrokerAccess
from host_tools.cli.app import app
from host_tools.cli.options import (
    DEFAULT_BROKER,
    DEFAULT_PORT,
    DEFAULT_ROOT,
    Broker,
    Json,
    KeysFile,
    PasswordFile,
    Root,
    Username,
    broker_access,
    on_command_line,
)
from host_tools.cli.output import errors, print_json


class Kernels(StrEnum):
    """What runs the tails."""

    reference = "reference"
    optimised = "optimised"
    xnnpack = "xnnpack"


class Runs(StrEnum):
    """Who runs the tails."""

    threads = "threads"
    ray = "ray"


class LogFormat(StrEnum):
    """How the log is written."""

    text = "text"
    json = "json"


@app.command(epilog="Example:  cutpoint serve --models models --embedded-broker")
def serve(
    context: typer.Context,
    models: Annotated[
        list[Path] | None, typer.Option(help="Folder of bundles, or a bundle. May be given again.")
    ] = None,
    broker: Broker = DEFAULT_BROKER,
    embedded_broker: Annotated[
        bool,
        typer.Option(
            "--embedded-broker",
            help="For a trial on one machine without a broker: run a small one in this process, on loopback only.",
        ),
    ] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the embedded broker; 0 for a free one.")
    ] = DEFAULT_PORT,
    username: Username = None,
    password_file: PasswordFile = None,
    root: Root = DEFAULT_ROOT,
    keys: KeysFile = None,
    require_keys: Annotated[
        bool, typer.Option("--require-keys", help="Serve no device without a key in the file of --keys.")
    ] = False,
    replica: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Share the devices with other servers at the same broker, each with a name of its own "
            "(docs/scaling.md).",
        ),
    ] = None,
    backend: Annotated[
        Runs,
        typer.Option(help="Who runs the tails: threads of this process, or Ray actors (docs/scaling.md)."),
    ] = Runs.threads,
    ray_address: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="Of a Ray cluster; without it, --backend ray starts one on this machine, on loopback.",
        ),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(
            envvar="CUTPOINT_STORE",
            metavar="FILE|URL",
            help="Remember devices and their inferences over a restart: a file, or postgresql://... (docs/state.md); "
            "`cutpoint history` reads it.",
        ),
    ] = None,
    kernels: Annotated[
        Kernels,
        typer.Option(
            help="reference answers exactly as the device would; xnnpack is 30 times faster (docs/splitting.md)."
        ),
    ] = Kernels.reference,
    policy: Annotated[
        str,
        typer.Option(
            help="latency, energy, privacy:K, sciot, device-only, edge-only, fixed:K or fixed:K:CODEC "
            "(docs/planning.md)."
        ),
    ] = "latency",
    exploration: Annotated[
        float,
        typer.Option(
            min=0.0, max=1.0, help="Probability that a decision tries another cut to learn from it."
        ),
    ] = 0.05,
    max_loss: Annotated[
        str,
        typer.Option(
            metavar="POINTS",
            help="What a codec may cost, in points of the task's metric: 0.5, 1pp or 1%. With 0 cutting changes no "
            "bit.",
        ),
    ] = "0",
    forced_device_only: Annotated[
        float,
        typer.Option(min=0.0, max=1.0, help="Probability that a decision runs everything on the device."),
    ] = 0.0,
    deadline_ms: Annotated[
        int | None,
        typer.Option(min=1, max=600_000, help="Fixed deadline of the devices; planned by default."),
    ] = None,
    partial_answers: Annotated[
        bool,
        typer.Option(
            "--partial-answers",
            help="Answer at a device's deadline from the chunks that came when others are missing "
            "(docs/server.md).",
        ),
    ] = False,
    machine: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="BOARD.toml",
            help="Device profile of `cutpoint profile`, for the first plans of its chip. May be given again.",
        ),
    ] = None,
    http: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="Show metrics, probes and the fleet (cutpoint top) at this address, read-only and for everybody who "
            "reaches it; port 0 is any free one.",
        ),
    ] = None,
    log_format: Annotated[
        LogFormat,
        typer.Option(help="text: event=NAME key=value; json: one object a line."),
    ] = LogFormat.text,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", metavar="FILE.toml", help="All settings from a file; no other option with it."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Serve devices: run the tails of their networks, answer, and tell each where to cut."""
    with ExitStack() as stack:
        if config is not None:
            settings = ServeConfig.from_toml(config)
            start_logging(settings.log_format)
        else:
            start_logging(log_format.value)
            if not models:
                raise UsageError("name the bundles to serve with --models DIR (or a --config FILE.toml)")
            named = {name for name in ("broker", "port") if on_command_line(context, name)}
            if "broker" in named and embedded_broker:
                raise UsageError(
                    "--broker and --embedded-broker name two brokers; the embedded one has --port alone"
                )
            if "port" in named and not embedded_broker:
                raise UsageError("--port is the embedded broker's; a broker elsewhere is --broker HOST:PORT")
            access = broker_access(broker, username, password_file)
            if embedded_broker:
                from cutpoint.bus import EmbeddedBroker

                access = BrokerAccess(*stack.enter_context(EmbeddedBroker(port)).address)
            settings = ServeConfig.checked(
                {
                    "models": tuple(models),
                    "host": access.host,
                    "port": access.port,
                    "username": access.username,
                    "password": access.password,
                    "root": root,
                    "keys": keys,
                    "require_keys": require_keys,
                    "replica": replica,
                    "backend": backend.value,
                    "ray_address": ray_address,
                    "store": store,
                    "kernels": kernels.value,
                    "policy": policy,
                    "exploration": exploration,
                    "max_loss": max_loss,
                    "forced_device_only": forced_device_only,
                    "deadline_ms": deadline_ms,
                    "partial_answers": partial_answers,
                    "machines": tuple(machine or ()),
                    "http": http,
                    "log_format": log_format.value,
                },
                "cutpoint serve",
            )

        def ready(server: EdgeServer) -> None:
            names = (
                ", ".join(f"{name} ({model})" for model, name in server.stats()["models"].items())
                or "no model yet"
            )
            if json:
                print_json(
                    {
                        "ready": True,
                        "broker": f"{settings.host}:{settings.port}",
                        "models": names,
                        "kernels": settings.kernels,
                        "http": None if server.http is None else f"http://{server.http}",
                    },
                    indent=None,
                )
            else:
                errors.say(
                    f"serving {names} at {settings.host}:{settings.port}, root {settings.root}; Ctrl-C ends it"
                )
                errors.say(tails_sentence(settings.kernels))
                if server.http is not None:
                    errors.say(
                        f"metrics, probes and the fleet at http://{server.http}; cutpoint top --server http://{server.http}"
                    )

        serve_until_stopped(settings, on_ready=ready)


def tails_sentence(kernels: str) -> str:
    """What runs the tails, and how that compares with what the devices compute."""
    if kernels in {"reference", "tflm"}:
        return f"tails run on {kernels} kernels, bit-exact with the device"
    return f"tails run on {kernels}, which may differ from the device by a few steps; --kernels reference is exact"
