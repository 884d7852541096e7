"""A model is swapped over MQTT: a good one is used, a bad one leaves the old one in use."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hil_words import Figure

from cutpoint.board import slot_image
from cutpoint.graph import Bundle
from cutpoint.update import Image, Outcome
from cutpoint.wire import About, DeviceId, ModelId, Topics, UpdateKind
from host_tools.hil import Stand
from host_tools.remote import Peer, Report, send_update, tool_client_id

MODELS = Path(__file__).parents[1] / "fixtures" / "models"


@pytest.fixture
def swappable(stand: Stand) -> Stand:
    if stand.about.update not in ("model", "all"):
        pytest.skip(f"{stand.device} takes no models (update is {stand.about.update}); set update model")
    return stand


@pytest.fixture
def other(stand: Stand, tmp_path: Path) -> Iterator[Bundle]:
    """Another small network; the old one is served, and on board, again afterwards."""
    before = stand.bundle
    for name in ("fomo_like", "autoencoder"):
        made = Bundle.create((MODELS / f"{name}.tflite").read_bytes(), tmp_path, name=name)
        if made.model_id != before.model_id:
            break
    yield made
    if stand.edge.heard(About)[-1].model != before.model_id.hex():
        assert update(stand, image_of(before)).outcome is Outcome.DONE
    stand.serve(before)


def image_of(bundle: Bundle, data: bytes | None = None) -> Image:
    return Image(
        UpdateKind.MODEL,
        bundle.name,
        slot_image(bundle) if data is None else data,
        ModelId(bundle.model_id),
    )


def update(stand: Stand, image: Image) -> Report:
    with Peer(stand.broker.bus(tool_client_id()), Topics(stand.root), DeviceId(stand.device)) as peer:
        peer.meet(stand.s(5))
        return send_update(peer, image, patience_s=stand.s(30))


def holds(stand: Stand) -> None:
    """The model on board is the one that is served, and right at both ends and in the middle."""
    stand.ready()
    for cut in sorted({0, stand.middle, stand.on_board}):
        got = stand.follow(cut, stand.pictures[1])
        assert not stand.right(got, stand.pictures[1])


def test_a_good_model_is_used_and_so_is_the_old_one_when_it_comes_back(
    swappable: Stand, other: Bundle, figure: Figure
) -> None:
    stand, old = swappable, swappable.bundle
    for bundle in (other, old):
        since = stand.edge.mark()
        report = update(stand, image_of(bundle))
        assert report.outcome is Outcome.DONE, report
        model = bundle.model_id.hex()
        stand.about = stand.edge.wait(
            About, lambda said, model=model: said.model == model, since=since, timeout_s=stand.s(20)
        )
        stand.serve(bundle)
        holds(stand)
        figure(f"swap_{bundle.name}_bytes_per_s", round(report.size / report.seconds))


def test_bytes_that_are_not_what_was_announced_change_nothing(swappable: Stand, other: Bundle) -> None:
    stand = swappable
    good = slot_image(other)
    spoilt = bytearray(good)
    spoilt[len(good) // 2] ^= 0x55
    report = update(stand, image_of(other, bytes(spoilt)))
    assert report.outcome in (Outcome.FAILED, Outcome.REFUSED, Outcome.RETURNED), report
    assert report.text
    holds(stand)


def test_a_whole_image_of_no_model_is_not_used(swappable: Stand, other: Bundle) -> None:
    """Its header and hashes are right: only loading shows that it is noise."""
    stand = swappable
    noise = b"\x1c\0\0\0TFL3" + random.Random(3).randbytes(6000)
    report = update(stand, image_of(other, slot_image(replace(other, device=noise))))
    assert report.outcome in (Outcome.FAILED, Outcome.REFUSED, Outcome.RETURNED), report
    assert report.text
    holds(stand)


def test_a_file_of_another_kind_is_refused(swappable: Stand, other: Bundle) -> None:
    stand = swappable
    report = update(stand, image_of(other, random.Random(4).randbytes(9000)))
    assert report.outcome in (Outcome.FAILED, Outcome.REFUSED), report
    assert report.text
    holds(stand)
