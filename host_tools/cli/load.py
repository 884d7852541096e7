"""`cutpoint load`: thousands of light devices on a broker, faults on request, and the verdict of the invariant."""

from __future__ import annotations

import json as json_module
import signal
import threading
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from cutpoint.errors import UsageError
from host_tools.cli.app import EXIT_NO, app
from host_tools.cli.options import (
    DEFAULT_BROKER,
    DEFAULT_ROOT,
    Broker,
    Json,
    PasswordFile,
    Root,
    Username,
    broker_access,
    on_command_line,
)
from host_tools.cli.output import console, errors, plain, print_json
from host_tools.load.report import Report, sentences, show
from host_tools.load.run import LoadPlan, run
from host_tools.load.scenario import Scenario
from host_tools.load.shard import Progress
from host_tools.shipped import shipped_bundle


class Arrivals(StrEnum):
    """How pictures come."""

    poisson = "poisson"
    periodic = "periodic"


class TailKernels(StrEnum):
    """What runs the tails of a server of our own."""

    reference = "reference"
    optimised = "optimised"
    xnnpack = "xnnpack"


@app.command(epilog="Example:  cutpoint load --serve --devices 200 --rate 1 --duration 30")
def load(
    context: typer.Context,
    bundle: Annotated[
        Path | None, typer.Option(help="Bundle of the devices' network; the shipped FOMO model by default.")
    ] = None,
    devices: Annotated[
        int, typer.Option(min=1, help="Light devices, each with a connection of its own.")
    ] = 100,
    rate: Annotated[float, typer.Option(help="Pictures a second of each device.")] = 1.0,
    duration: Annotated[float, typer.Option(help="Seconds during which they ask.")] = 30.0,
    arrivals: Annotated[
        Arrivals, typer.Option(help="poisson: independent; periodic: equal gaps.")
    ] = Arrivals.poisson,
    cut: Annotated[
        int | None,
        typer.Option(min=0, help="Cut until a plan comes; with --serve, for good. Plans decide by default."),
    ] = None,
    deadline_ms: Annotated[int, typer.Option(min=1, max=600_000, help="Deadline until a plan comes.")] = 1000,
    keepalive: Annotated[int, typer.Option(min=1, max=3600, help="MQTT keepalive of the devices, s.")] = 30,
    pictures: Annotated[
        str | None,
        typer.Option(metavar="DIR|FILE|random", help="Pictures as for cutpoint device; 8 are used."),
    ] = None,
    profile: Annotated[
        str, typer.Option(help="Board whose times the devices report; they do not wait them.")
    ] = "esp32",
    faults: Annotated[
        str | None,
        typer.Option(metavar="FILE.toml|short|soak", help="Scenario of faults and attacks (docs/load.md)."),
    ] = None,
    serve: Annotated[
        bool,
        typer.Option("--serve", help="Start a broker and `cutpoint serve` for the run; needed to kill them."),
    ] = False,
    kernels: Annotated[TailKernels, typer.Option(help="Of the server of --serve.")] = TailKernels.reference,
    exact: Annotated[
        bool, typer.Option(help="Compare every answer of the edge; not for kernels that are not exact.")
    ] = True,
    processes: Annotated[int, typer.Option(min=1, max=64, help="Processes that share the devices.")] = 1,
    witness: Annotated[
        bool, typer.Option(help="Read every result at the broker and hold it against what the devices asked.")
    ] = True,
    seed: Annotated[int, typer.Option(min=0, help="Of arrivals; the scenario has its own.")] = 0,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="Draw latency over time and by percentile.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE.json", help="Write the report.")
    ] = None,
    broker: Broker = DEFAULT_BROKER,
    username: Username = None,
    password_file: PasswordFile = None,
    root: Root = DEFAULT_ROOT,
    json: Json = False,
) -> None:
    """Load a server with light devices, make things fail, and check that every inference is answered once and rightly.

    Latencies count from the time at which a picture was due. Exit 0 only if the invariant holds.
    """
    serve_options: tuple[str, ...] | None = None
    if serve and on_command_line(context, "broker"):
        raise UsageError(
            "--serve starts a broker of its own; leave --broker out, or --serve to load that one"
        )
    if serve:
        policy = ("--policy", f"fixed:{cut}") if cut is not None else ()
        serve_options = ("--kernels", kernels.value, *policy)
        exact = exact and kernels is TailKernels.reference
    plan = LoadPlan(
        bundle=bundle if bundle is not None else shipped_bundle(),
        devices=devices,
        rate_per_s=rate,
        duration_s=duration,
        broker=None if serve else broker_access(broker, username, password_file),
        serve=serve_options,
        root=root,
        cut=cut,
        deadline_ms=deadline_ms,
        keepalive_s=keepalive,
        arrivals=arrivals.value,
        seed=seed,
        pictures=pictures,
        profile=profile,
        processes=processes,
        scenario=Scenario() if faults is None else Scenario.named(faults),
        witness=witness,
        exact=exact,
    )
    report = _run(plan)
    if output is not None:
        _write(report, output)
    if plot is not None:
        from host_tools.load.plot import draw

        draw(report, plot)
    if json:
        print_json({"ok": report.ok, **plain(report)})
    else:
        show(report, console)
        for sentence in sentences(report):
            console.say(sentence)
    if not report.ok:
        raise typer.Exit(EXIT_NO)


def _run(plan: LoadPlan) -> Report:
    """The first Ctrl-C ends the run with a report, the second one the command."""
    stopped = threading.Event()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        if stopped.is_set():
            raise KeyboardInterrupt
        stopped.set()

    before = signal.signal(signal.SIGINT, ask)
    try:
        with errors.status("recording the network's tensors ...") as status:

            def tell(now_s: float, news: Progress) -> None:
                status.update(
                    f"{now_s:.0f} of {plan.duration_s:g} s: {news.online:,} online, {news.asked:,} asked, "
                    f"{news.by['edge']:,} by edge, {news.by['device']:,} by device, {news.violations} violations"
                )

            return run(plan, tell, stopped)
    finally:
        signal.signal(signal.SIGINT, before)


def _write(report: Report, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json_module.dumps(plain(report), indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
