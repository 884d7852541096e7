"""Which target this run is held against."""

from __future__ import annotations

from host_tools.hil import Stand


def test_the_bodies_of_this_folder_run_against(each_target: str, session_stand: Stand) -> None:
    assert session_stand.target.kind == each_target
