"""`cutpoint profile`: what every cut costs on a live device, and the profile of its board."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated

import typer

import cutpoint
from cutpoint.errors import UsageError
from cutpoint.wire import DeviceId
from host_tools.cli.app import EXIT_NO, app
from host_tools.cli.options import (
    DEFAULT_BROKER,
    DEFAULT_ROOT,
    Broker,
    Json,
    KeysFile,
    PasswordFile,
    Root,
    Username,
    broker_access,
    device_key,
)
from host_tools.cli.output import console, errors, print_json
from host_tools.device.engine import workloads
from host_tools.device.profile import Profile
from host_tools.hil.codec_choice import CodecChoice
from host_tools.hil.edge import ScriptedEdge
from host_tools.profiling import (
    CutFigures,
    Sweep,
    Sweeper,
    draw,
    fit_board,
    profile_toml,
    write_csv,
    write_json,
)
from host_tools.profiling.files import write
from host_tools.profiling.sweep import cuts_of
from host_tools.shipped import shipped_bundle


@app.command(epilog="Example:  cutpoint profile --device cam-1a2b3c --broker 192.168.1.10 --out cam-1a2b3c")
def profile(
    device: Annotated[str, typer.Option(help="Id of the device, which is online and gets pictures.")],
    bundle: Annotated[
        Path | None, typer.Option(help="Bundle of its network (NAME.cut); the shipped FOMO model by default.")
    ] = None,
    cuts: Annotated[
        str | None,
        typer.Option(metavar="0,3,8-12", help="Cuts to sweep; all that the device holds by default."),
    ] = None,
    count: Annotated[int, typer.Option(min=1, max=10_000, help="Inferences of each cut.")] = 10,
    codec: Annotated[
        str,
        typer.Option(
            help="Codec of the tensors: raw, bitmap, or a setting of the bundle's tables as rans:12, for its cut."
        ),
    ] = "raw",
    deadline_ms: Annotated[
        int,
        typer.Option(min=1, max=600_000, help="Deadline during the sweep, long enough for slow cuts."),
    ] = 10_000,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds to wait for an inference.")] = 30.0,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of cuts.csv, cuts.json, cuts.png; profile-ID by default."),
    ] = None,
    plot: Annotated[bool, typer.Option("--plot/--no-plot", help="Draw cuts.png.")] = True,
    board: Annotated[
        Path | None,
        typer.Option(
            metavar="BOARD.toml",
            help="Device profile to update, or to make; DIR/board.toml by default.",
        ),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            help="Profile that a new one takes currents, wake and memory from; that of the chip by default."
        ),
    ] = None,
    keys: KeysFile = None,
    broker: Broker = DEFAULT_BROKER,
    username: Username = None,
    password_file: PasswordFile = None,
    root: Root = DEFAULT_ROOT,
    json: Json = False,
) -> None:
    """Send a live device through its cuts, and write what each costs; be its edge meanwhile.

    The plan of before is restored at the end. No other edge may serve the device meanwhile: one that does is noticed
    and ends the sweep. Exit 1 when a cut could not be measured from end to end.
    """
    opened = cutpoint.Bundle.open(bundle if bundle is not None else shipped_bundle())
    wanted = CodecChoice.of_text(codec, opened)
    name = DeviceId(device)
    folder = out if out is not None else Path(f"profile-{name}")
    place = board if board is not None else folder / "board.toml"
    before = _profile_before(place, base)
    key = device_key(keys, name)
    bus = broker_access(broker, username, password_file).bus(f"cutpoint-profile-{name}")
    edge = ScriptedEdge(bus, opened, name, root=root, key=key)
    try:
        sweeper = Sweeper(edge, opened, count=count, codec=wanted, deadline_ms=deadline_ms, timeout_s=timeout)
        asked = str(wanted.cut) if cuts is None and wanted.cut is not None else cuts
        sweep = sweeper.run(cuts_of(asked, sweeper.possible), None if json else _told)
    finally:
        edge.close()
    write_csv(sweep, folder / "cuts.csv")
    write_json(sweep, folder / "cuts.json")
    written = [folder / "cuts.csv", folder / "cuts.json"]
    if plot:
        draw(sweep, folder / "cuts.png")
        written.append(folder / "cuts.png")
    said = _update(sweep, opened, place, before)
    if said["profile"] is not None:
        written.append(place)
    if json:
        print_json({"sweep": sweep, "written": written, **said})
    else:
        _print(sweep, written, said)
    if not sweep.complete:
        raise typer.Exit(EXIT_NO)


def _update(sweep: Sweep, bundle: cutpoint.Bundle, place: Path, before: Profile | None) -> dict[str, object]:
    """Make the board's profile and write it; what was changed, what was kept, or why there is none."""
    base = before if before is not None else _of_chip(sweep.chip)
    when = datetime.date.today().isoformat()
    try:
        measured = fit_board(sweep, workloads(bundle.model()), base, name=_name(place), when=when)
    except UsageError as error:
        return {"profile": None, "why_no_profile": str(error)}
    write(place, profile_toml(measured.profile).encode())
    return {
        "profile": place,
        "changed": measured.changed,
        "kept": measured.kept,
        "fit_error": measured.error,
    }


def _profile_before(place: Path, base: str | None) -> Profile | None:
    """The profile to start from: the file itself when it is there, else the one that was named, else None."""
    if place.exists():
        return Profile.load(place.resolve())
    return None if base is None else Profile.load(base)


def _of_chip(chip: str) -> Profile:
    return Profile.load(chip) if chip in Profile.names() else Profile(name=_slug(chip), chip=chip, title="")


def _name(place: Path) -> str:
    return _slug(place.stem)


def _slug(text: str) -> str:
    plain = "".join(
        letter if letter.isascii() and letter.isalnum() else "-" for letter in text.lower()
    ).strip("-")
    return plain or "board"


def _told(cut: CutFigures) -> None:
    errors.say(_line(cut))


def _line(cut: CutFigures) -> str:
    def milliseconds(us: float | None) -> str:
        return "-" if us is None else f"{us / 1000:.2f}"

    missed = f"; {cut.unanswered} not answered in time" if cut.unanswered else ""
    return (
        f"cut {cut.cut:3d}: device {milliseconds(cut.device_us)}, encode {milliseconds(cut.encode_us)}, "
        f"link {milliseconds(cut.link_us)}, edge {milliseconds(cut.edge_us)} ms, {cut.inferences} inferences{missed}"
    )


def _print(sweep: Sweep, written: list[Path], said: dict[str, object]) -> None:
    best = next((cut for cut in sweep.cuts if cut.cut == sweep.best_cut), None)
    if best is not None and best.total_us is not None:
        console.say(f"{sweep.device}: cut {best.cut} is best, {best.total_us / 1000:.2f} ms in the median")
    if said["profile"] is None:
        console.say(f"no profile: {said['why_no_profile']}")
    else:
        changed, kept = said["changed"], said["kept"]
        assert isinstance(changed, tuple)
        assert isinstance(kept, tuple)
        console.say(f"{said['profile']}: measured {', '.join(changed)}; kept {', '.join(kept) or 'nothing'}")
    console.say("written: " + ", ".join(map(str, written)))
