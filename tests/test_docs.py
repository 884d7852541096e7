"""The pages say what the code does: commands exist, examples run, links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import typer

from cutpoint.wire import DEFAULT_ROOT
from host_tools.cli import app

ROOT = Path(__file__).parents[1]
MICROPYTHON = ROOT / "firmware/micropython/README.md"
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", MICROPYTHON, *(ROOT / "docs").glob("*.md")])
app.load_commands()
GROUP = typer.main.get_command(app.app)
COMMANDS = set(GROUP.commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_to_files(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    gone = [target for target in targets if "://" not in target and not (page.parent / target).exists()]
    assert not gone


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_a_page_names_exist(page: Path) -> None:
    rooms = "cutpoint|edge_server|host_tools|firmware|models|tests|bench|docs"
    named = set(re.findall(rf"`((?:{rooms})/[\w./-]+)`", page.read_text(encoding="utf-8")))
    gone = [name for name in sorted(named - {DEFAULT_ROOT}) if not (ROOT / name).exists()]
    assert not gone


def documented_calls() -> list[tuple[str, str]]:
    """Every `cutpoint COMMAND ...` in a code block of the pages."""
    found = []
    for page in PAGES:
        for block in re.findall(r"```[a-z]*\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            joined = block.replace("\\\n", " ")
            found += [(page.name, line) for line in re.findall(r"^cutpoint [^\n#]+", joined, re.MULTILINE)]
    return found


@pytest.mark.parametrize(("page", "call"), documented_calls())
def test_documented_calls_name_commands_and_options_that_exist(page: str, call: str) -> None:
    words = call.split()
    assert words[1] in COMMANDS
    command = GROUP.commands[words[1]]  # type: ignore[attr-defined]
    if (subcommands := getattr(command, "commands", None)) is not None:
        command = subcommands[words[2]]
    options = {name for parameter in command.params for name in parameter.opts}
    used = {word.partition("=")[0] for word in words[2:] if re.match(r"--?[a-z]", word)}
    assert used <= options, f"{page}: {sorted(used - options)} is no option of cutpoint {words[1]}"


def test_every_command_is_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {command for command in COMMANDS if f"cutpoint {command}" in text} == COMMANDS


def test_every_page_is_reached_from_the_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    pages = [MICROPYTHON, *(ROOT / "docs").glob("*.md")]
    assert [page.name for page in pages if f"]({page.relative_to(ROOT)})" not in text] == []


def test_the_example_policy_of_the_page_works() -> None:
    page = (ROOT / "docs/extending.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"```python\n(class Bytes:.*?)```", page, re.DOTALL)
    from cutpoint.plan import Choice, Context, CostTable, EnergyModel, NetworkShape, Planner, RowGrid

    names: dict[str, object] = {
        "np": np,
        "npt": np.typing,
        "Choice": Choice,
        "Context": Context,
        "CostTable": CostTable,
        "EnergyModel": EnergyModel,
        "RowGrid": RowGrid,
    }
    exec(source, names)
    shape = NetworkShape(macs=(1000, 1000, 1000), cut_bytes=(500, 900, 100, 300))
    decision = Planner(shape, names["Bytes"](), seed=0).decide()  # type: ignore[operator]
    assert decision.cut == 2
    assert "the least" in decision.reason


def test_the_protocol_page_lists_every_number_of_the_wire() -> None:
    from cutpoint.wire import CodecId, Command, CounterId, DType, Flag, Gauge, Kind, Status

    page = (ROOT / "docs/protocol.md").read_text(encoding="utf-8").lower()
    for status in Status:
        assert f"{status.value} {status.name.lower().replace('_', ' ')}" in page
    for kind in Kind:
        assert f"{kind.value} {kind.name.lower()}" in page
    for codec in CodecId:
        assert f"{codec.value} {codec.name.lower()}" in page
    for dtype in DType:
        assert f"{dtype.value} {dtype.name.lower()}" in page
    for flag in Flag:
        assert f"0x{flag.value:02x}" in page
    for counter in CounterId:
        assert re.search(rf"\b{counter.value} \w", page)
    for command in Command:
        assert f"{command.value} {command.name.lower().replace('_', ' ')}" in page
    for gauge in Gauge:
        assert re.search(rf"(bit |, ){gauge.value} ", page)
