"""What a server of our own wrote into its store, held against what the devices asked: the server's end once more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from cutpoint.wire import Status
from edge_server import InferenceRecord
from host_tools.load.invariant import Asked, Violations


def hold_history(
    records: Iterable[InferenceRecord], asked: Mapping[str, Asked], *, exact: bool
) -> tuple[dict[str, int], Violations]:
    """Counts, and what breaks the invariant: an answer to what was never asked, or two answers to one picture.

    The store keeps an answer as a short text, so that what is compared is whether one picture always has the same. Not
    everything is there: the last second before a kill, and what came while the disk was full.
    """
    counts, violations = Counter[str](), Violations()
    said: dict[int, str] = {}
    seen: set[tuple[str, int]] = set()
    for record in records:
        device, ledger = str(record.device), asked.get(str(record.device))
        if ledger is None or record.boot != ledger.boot:
            counts["of others"] += 1
            continue
        if record.status is not Status.OK:
            counts["refused"] += 1
            continue
        place = record.sequence - 1
        if not 0 <= place < len(ledger.pictures):
            violations.note(
                "answered unasked", device, record.sequence, "it stands in the history, and was never asked"
            )
            continue
        if (device, place) in seen:
            violations.note("contradiction", device, record.sequence, "it stands in the history twice")
            continue
        seen.add((device, place))
        counts["acknowledged" if record.acknowledged else "answered"] += 1
        if record.acknowledged or record.answer is None or not exact:
            continue
        picture = ledger.pictures[place]
        if said.setdefault(picture, record.answer) != record.answer:
            violations.note(
                "edge wrong",
                device,
                record.sequence,
                f"the history has {record.answer} for it, and {said[picture]} before",
            )
    return dict(counts), violations
