"""Writes the golden vectors: the protocol as bytes, for every implementation to be held to.

    python tests/vectors/make_vectors.py [FOLDER]

The JSON files are for suites that read JSON. `vectors.txt` says the same line by line, tab-separated, for the core's
tests, which have no JSON reader:

    message <name> <chunk bytes> <fills> <canonical text> <frame hex>...
    bad     <name> <capacity> <reason> <frame hex>...            (the last frame is refused)
    order   <name> <capacity> <outcome>=<frame hex>...
    seal    <name> <key> <role> <boot> <salt> <sealed before> <plain frame hex> <outcome>
    open    <name> <key> <own role> <outcome>=<frame hex>...
    update      <name> <canonical text> <argument hex>
    bad_update  <name> <reason> <argument hex>
"""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path
from typing import Any

from bad import BAD
from good import ACTIVATIONS, COMMANDS, PLANS, RESULTS, TELEMETRY
from layout import coded, frames
from orders import ORDERS
from sealed import OPENED, SEALED
from sealed import lines as sealed_lines
from topics import TOPICS
from updates import BAD_STEPS, STEPS
from updates import lines as update_lines

GROUPS = {
    "activation": ACTIVATIONS,
    "result": RESULTS,
    "plan": PLANS,
    "telemetry": TELEMETRY,
    "command": COMMANDS,
}
Fields = dict[str, Any]


def with_frames(vector: Fields) -> Fields:
    whole = frames(vector["message"], vector["chunk_bytes"])
    return vector | {"frames": [one.hex() for one in whole]}


def tensor_text(tensor: Fields, codec: int) -> str:
    used, data = coded(tensor, codec)
    if used >= 2:
        return (
            f"{tensor['index']}:{tensor['dtype']}:{used}:{len(data)}:{data.hex()}@{len(tensor['data']) // 2}"
        )
    return f"{tensor['index']}:{tensor['dtype']}:{used}:{len(data)}:{tensor['data'] or '-'}"


def numbers(values: Any) -> str:
    return ",".join(str(value) for value in values) or "-"


def score_bits(score: float) -> str:
    return f"{struct.unpack('<I', struct.pack('<f', score))[0]:08x}"


def result_record(answer: int, item: Any) -> str:
    if answer == 1:
        return tensor_text(item, 0)
    if answer == 2:
        return f"{item['label']}:{score_bits(item['score'])}"
    if answer == 4:
        return str(item)
    places = ":".join(str(item[key]) for key in ("label", "x", "y", "width", "height"))
    return f"{places}:{score_bits(item['score'])}"


def canonical(message: Fields) -> str:
    """What a reader must have understood, as one line without blanks."""
    kind = message["kind"]
    head = f"{kind};model={message['model']}"
    if kind == "activation":
        tensors = ",".join(tensor_text(tensor, message["codec"]) for tensor in message["tensors"]) or "-"
        text = (
            f"{head};boot={message['boot']};sequence={message['sequence']};cut={message['cut']}"
            f";codec={message['codec']};flags={message['flags']};epoch={message['plan_epoch']}"
            f";setting={message.get('setting', 0)};tensors={tensors}"
        )
        timings = message["timings"]
        if timings:
            last = timings["last"] or [0] * 5
            text += f";encode={timings['encode_us']};operators={numbers(timings['operators_us'])};last={numbers(last)}"
        return text
    if kind == "result":
        items = ",".join(result_record(message["answer"], item) for item in message["records"]) or "-"
        return (
            f"{head};boot={message['boot']};sequence={message['sequence']};cut={message['cut']}"
            f";flags={message.get('flags', 0)};status={message['status']};edge={message['edge_us']}"
            f";answer={message['answer']};records={items}"
        )
    if kind == "plan":
        return (
            f"{head};epoch={message['epoch']};cut={message['cut']};codec={message['codec']};flags={message['flags']}"
            f";deadline={message['deadline_ms']};parameters={message['parameters'] or '-'}"
        )
    if kind == "telemetry":
        gauges = ",".join(f"{gauge}:{value}" for gauge, value in message["gauges"]) or "-"
        counters = ",".join(f"{counter}:{value}" for counter, value in message["counters"]) or "-"
        return f"{head};boot={message['boot']};gauges={gauges};counters={counters}"
    return (
        f"{head};boot={message['boot']};sequence={message['sequence']};command={message['command']}"
        f";argument={message['argument'] or '-'}"
    )


def lines() -> list[str]:
    out = []
    for vector in (with_frames(vector) for group in GROUPS.values() for vector in group):
        message = vector["message"]
        fills = numbers(tensor.get("fill", 0) for tensor in message.get("tensors", ()))
        name = f"{message['kind']}/{vector['name']}"
        columns = ["message", name, str(vector["chunk_bytes"]), fills, canonical(message), *vector["frames"]]
        out.append("\t".join(columns))
    for vector in BAD:
        columns = ["bad", vector["name"], str(vector["capacity"]), vector["reason"], *vector["frames"]]
        out.append("\t".join(columns))
    for vector in ORDERS:
        steps = [f"{step['outcome']}={step['frame']}" for step in vector["steps"]]
        out.append("\t".join(["order", vector["name"], str(vector["capacity"]), *steps]))
    return out + sealed_lines() + update_lines()


def files() -> dict[str, str]:
    """Content of every vector file, by its name."""
    listed: dict[str, Any] = {
        f"{kind}.json": [with_frames(vector) for vector in group] for kind, group in GROUPS.items()
    }
    listed |= {"bad.json": BAD, "orders.json": ORDERS, "topics.json": TOPICS}
    listed |= {"sealed.json": SEALED, "opened.json": OPENED}
    listed |= {"updates.json": STEPS, "bad_updates.json": BAD_STEPS}
    content = {name: json.dumps(vectors, indent=1) + "\n" for name, vectors in listed.items()}
    return content | {"vectors.txt": "\n".join(lines()) + "\n"}


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    for name, content in files().items():
        (folder / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
