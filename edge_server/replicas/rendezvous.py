"""Which of several servers a device belongs to: weighted rendezvous hashing."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping

_SPAN = float(1 << 64)


def owner(device: str, weights: Mapping[str, float]) -> str | None:
    """The server that a device belongs to; None when there is none.

    `weights` are the servers that serve now, with their capacities (> 0). Whoever knows the same servers comes to the
    same result, without asking anyone. A server that joins takes its share and no other device moves; one that leaves
    is replaced device by device, in proportion to the weights of those that stay.

    Highest random weight: D. Thaler and C. Ravishankar, "Using name-based mappings to increase hit rates", IEEE/ACM
    Transactions on Networking 6(1), 1998. The score -w / ln(u), with u uniform in (0, 1), makes the shares
    proportional to w: C. Schindelhauer and G. Schomaker, "Weighted distributed hash tables", SPAA 2005.
    """
    best: tuple[float, str] | None = None
    for server, weight in weights.items():
        candidate = (_score(device, server, weight), server)
        if best is None or candidate > best:
            best = candidate
    return None if best is None else best[1]


def _score(device: str, server: str, weight: float) -> float:
    # Neither name may hold a '/', so no two pairs are one text. The same on every machine, unlike hash().
    digest = hashlib.blake2b(f"{device}/{server}".encode(), digest_size=8).digest()
    uniform = (int.from_bytes(digest, "big") + 0.5) / _SPAN
    # The topmost values round to 1, whose logarithm is 0.
    return math.inf if uniform >= 1.0 else -weight / math.log(uniform)
