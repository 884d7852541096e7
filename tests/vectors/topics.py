"""Topics that are of this protocol, and topics that are not."""

from __future__ import annotations

from typing import Any

ROOT = "cutpoint/1"
LEAVES = ("state", "about", "act", "res", "plan", "tele", "cmd", "note")
GOOD: list[dict[str, Any]] = [
    *(
        {"topic": f"{ROOT}/cam-1/{leaf}", "root": ROOT, "device": "cam-1", "leaf": leaf, "ok": True}
        for leaf in LEAVES
    ),
    {"topic": "x/a/act", "root": "x", "device": "a", "leaf": "act", "ok": True},
    {"topic": "lab_2/A-b/3/0/act", "root": "lab_2/A-b/3", "device": "0", "leaf": "act", "ok": True},
    {"topic": f"{ROOT}/{'z' * 32}/cmd", "root": ROOT, "device": "z" * 32, "leaf": "cmd", "ok": True},
]
BAD_TOPICS = (
    "",
    ROOT,
    f"{ROOT}/cam-1",
    f"{ROOT}/cam-1/",
    f"{ROOT}//act",
    f"{ROOT}/cam-1/acts",
    f"{ROOT}/cam-1/ACT",
    f"{ROOT}/Cam-1/act",
    f"{ROOT}/cam_1/act",
    f"{ROOT}/{'z' * 33}/act",
    f"{ROOT}/cam-1/act/x",
    f"{ROOT}/+/act",
    f"{ROOT}/#",
    f"/{ROOT}/cam-1/act",
    "cutpoint/2/cam-1/act",
    f"{ROOT}/c\u0430m/act",
    f"{ROOT}/cam-1\n/act",
    f"{ROOT}/\u0663/act",
)
BAD_ROOTS = ("", "/", "a/", "/a", "a//b", "a/b/c/d", "a b", "a/+", "#", "$SYS", "\u00e9", "a\n", "x" * 129)
TOPICS = [
    *GOOD,
    *({"topic": topic, "root": ROOT, "ok": False} for topic in BAD_TOPICS),
    *({"topic": "", "root": root, "ok": False} for root in BAD_ROOTS),
]
