"""The tables, as an ordered list of steps from an empty database to what this version reads and writes.

The number of steps that a database has taken is its version. A step that was released is never changed; what comes
later is a new one at the end.
"""

from __future__ import annotations

from collections.abc import Callable

from edge_server.errors import StoreError

# Both databases take the same words, but for a key that numbers itself in the order of writing.
SERIAL = "{serial}"

_DEVICES_INFERENCES_DECISIONS = (
    """CREATE TABLE devices (
        device TEXT PRIMARY KEY, model TEXT, boot BIGINT NOT NULL, sequence BIGINT NOT NULL, epoch BIGINT NOT NULL,
        cut INTEGER, codec TEXT, deadline_ms INTEGER, state TEXT NOT NULL,
        counters TEXT NOT NULL, first_seen_us BIGINT NOT NULL, last_seen_us BIGINT NOT NULL, owner TEXT)""",
    # The longest unseen is looked for, without reading every state.
    "CREATE INDEX devices_last_seen ON devices (last_seen_us)",
    f"""CREATE TABLE inferences (
        id {SERIAL}, at_us BIGINT NOT NULL, device TEXT NOT NULL, model TEXT NOT NULL, boot BIGINT NOT NULL,
        sequence BIGINT NOT NULL, cut INTEGER NOT NULL, codec TEXT NOT NULL, status TEXT NOT NULL,
        acknowledged SMALLINT NOT NULL, inbox_us BIGINT, decode_us BIGINT, queue_us BIGINT, compute_us BIGINT,
        reply_us BIGINT, edge_us BIGINT NOT NULL, batch INTEGER NOT NULL, bytes_up BIGINT NOT NULL,
        bytes_down BIGINT NOT NULL, epoch BIGINT NOT NULL, answer TEXT, UNIQUE (device, boot, sequence))""",
    f"""CREATE TABLE decisions (
        id {SERIAL}, at_us BIGINT NOT NULL, device TEXT NOT NULL, model TEXT NOT NULL, epoch BIGINT NOT NULL,
        cut INTEGER NOT NULL, codec TEXT NOT NULL, deadline_ms INTEGER NOT NULL, reason TEXT NOT NULL,
        exploration SMALLINT NOT NULL, expected_us DOUBLE PRECISION NOT NULL, UNIQUE (device, epoch))""",
)

# Which server counted what; the models that were offered, and their names.
_RUNS_MODELS = (
    """CREATE TABLE runs (
        run TEXT PRIMARY KEY, started_us BIGINT NOT NULL, saved_us BIGINT NOT NULL, counters TEXT NOT NULL)""",
    "CREATE TABLE models (model TEXT PRIMARY KEY, name TEXT NOT NULL)",
)

# How much of an activation came that was answered from a part.
_CAME = ("ALTER TABLE inferences ADD COLUMN came DOUBLE PRECISION",)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_DEVICES_INFERENCES_DECISIONS, _RUNS_MODELS, _CAME)
VERSION = len(MIGRATIONS)


def migrate(execute: Callable[[str], object], version: int, serial: str) -> None:
    """Take the steps after `version`; `execute` runs one statement inside the caller's transaction."""
    for step in MIGRATIONS[version:]:
        for statement in step:
            execute(statement.replace(SERIAL, serial))


def newer(name: object, version: int) -> StoreError:
    """What to say of a database that a later Cutpoint has written."""
    return StoreError(
        f"the store {name} has schema version {version}, this Cutpoint knows versions up to {VERSION}; "
        "update Cutpoint, or name another store"
    )


def older(name: object, version: int) -> StoreError:
    """What to say to a reader, who changes nothing, of a database that its server has not brought up to date yet."""
    return StoreError(
        f"the store {name} has schema version {version}, expected {VERSION}; start its server once, which brings it "
        "up to date"
    )
