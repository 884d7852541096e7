"""The golden vectors against the package; runs under MicroPython, and under CPython to hold the two together.

Prints a line for every vector: "ok NAME", "FAIL NAME why", or "other NAME" for what a device never reads.
"""

import struct

from cutpoint.frame import ACTIVATION, COMMAND, PLAN, RESULT, TELEMETRY, FrameError, Header
from cutpoint.messages import activation_frames, read_command, read_plan, read_result, telemetry_frames
from cutpoint.receiver import Receiver
from cutpoint.tensor import Tensor

HEADS = {"activation": ACTIVATION, "result": RESULT, "plan": PLAN, "telemetry": TELEMETRY, "command": COMMAND}


def data_of(text):
    return b"" if text == "-" else bytes.fromhex(text)


def fields_of(text):
    kind, rest = text.split(";", 1)
    return kind, dict(part.split("=", 1) for part in rest.split(";"))


def or_dash(text):
    return text if text else "-"


def head_text(header):
    return f"model={bytes(header.model).hex()};boot={header.boot};sequence={header.sequence};cut={header.cut}"


def text_of(header, payload):
    """The canonical text of a message that a device reads; None for the others."""
    if header.kind == RESULT:
        status, edge_us, answer, records = read_result(header, payload)
        parts = []
        for record in records:
            if answer == 1:
                index, dtype, data = record
                parts.append((index, dtype, data))
            elif answer == 4:
                parts.append(record.hex())
            else:
                score = "%08x" % struct.unpack("<I", struct.pack("<f", record[-1]))[0]
                parts.append(":".join([str(one) for one in record[:-1]] + [score]))
        if answer == 1:
            # How many bytes a tensor had on its way is not kept: that column is left out on both sides.
            parts = [f"{index}:{dtype}:{or_dash(data.hex())}" for index, dtype, data in parts]
        return "result;{};flags={};status={};edge={};answer={};records={}".format(
            head_text(header), header.flags, status, edge_us, answer, or_dash(",".join(parts))
        )
    if header.kind == PLAN:
        epoch, deadline_ms, parameters = read_plan(header, payload)
        return f"plan;model={bytes(header.model).hex()};epoch={epoch};cut={header.cut};codec={header.codec};flags={header.flags};deadline={deadline_ms};parameters={or_dash(parameters.hex())}"
    if header.kind == COMMAND:
        command, argument = read_command(header, payload)
        return f"command;model={bytes(header.model).hex()};boot={header.boot};sequence={header.sequence};command={command};argument={or_dash(argument.hex())}"
    return None


def without_coded(text):
    """The text of a result with raw tensors, less codec and coded bytes."""
    kind, fields = fields_of(text)
    if kind != "result" or fields["answer"] != "1" or fields["records"] == "-":
        return text
    short = []
    for record in fields["records"].split(","):
        index, dtype, _, _, data = record.split(":")
        short.append(":".join((index, dtype, data)))
    return text[: text.rindex("=") + 1] + ",".join(short)


def written(text, fills, chunk_bytes):
    """The frames of a message that a device writes, as hex; None for the others."""
    kind, fields = fields_of(text)
    buffer = bytearray(chunk_bytes)
    if kind == "activation":
        tensors = []
        if fields["tensors"] != "-":
            for record, fill in zip(fields["tensors"].split(","), fills.split(",")):
                index, dtype, _, _, data = record.split(":")
                coded, _, raw = data.partition("@")
                data, coded = (bytes(int(raw)), data_of(coded)) if raw else (data_of(data), b"")
                tensors.append(Tensor(int(index), int(dtype), data, int(fill), coded, coded))
        header = Header(
            0, bytes.fromhex(fields["model"]), int(fields["boot"]), int(fields["sequence"]), int(fields["cut"]),
            int(fields["codec"]), int(fields["flags"]),
        )  # fmt: skip
        us, last, encode = (), (0, 0, 0, 0, 0), None
        if "encode" in fields:
            us = [] if fields["operators"] == "-" else [int(one) for one in fields["operators"].split(",")]
            last = tuple(int(one) for one in fields["last"].split(","))
            encode = lambda: int(fields["encode"])  # noqa: E731
        return [
            bytes(f).hex()
            for f in activation_frames(
                header, int(fields["epoch"]), tensors, buffer, us, last, encode, int(fields["setting"])
            )
        ]
    if kind == "telemetry":
        gauges = {}
        if fields["gauges"] != "-":
            for one in fields["gauges"].split(","):
                bit, value = one.split(":")
                gauges[int(bit)] = int(value)
        counters = []
        if fields["counters"] != "-":
            for one in fields["counters"].split(","):
                number, value = one.split(":")
                counters.append((int(number), int(value)))
        frames = telemetry_frames(
            bytes.fromhex(fields["model"]), int(fields["boot"]), gauges, counters, buffer
        )
        return [bytes(f).hex() for f in frames]
    return None


def check_message(name, chunk_bytes, fills, text, *frames):
    made = written(text, fills, int(chunk_bytes))
    if made is not None:
        return "ok" if made == list(frames) else "wrote " + str(made)[:200]
    receiver = Receiver(1 << 16)
    for at, frame in enumerate(frames):
        message = receiver.push(bytes.fromhex(frame))
        if (message is not None) != (at == len(frames) - 1):
            return f"chunk {at} of {len(frames)}"
    read = text_of(*message)
    return "ok" if read == without_coded(text) else "read " + str(read)[:200]


def check_bad(name, capacity, outcome, *frames):
    receiver = Receiver(min(int(capacity), 1 << 16))
    for at, frame in enumerate(frames):
        try:
            message = receiver.push(bytes.fromhex(frame))
            if message is not None and message[0].kind in (ACTIVATION, TELEMETRY):
                return "other"  # the payload is for the edge to refuse
            if message is not None:
                text_of(*message)
        except FrameError as error:
            last = at == len(frames) - 1
            return "ok" if last and error.reason == outcome else "refused as " + error.reason
    return "taken"


def check_order(name, capacity, *steps):
    receiver = Receiver(int(capacity))
    for at, step in enumerate(steps):
        outcome, frame = step.split("=")
        try:
            message = receiver.push(bytes.fromhex(frame))
            seen = "pending" if message is None else bytes(message[1]).hex()
        except FrameError as error:
            seen = error.reason
        if seen != outcome:
            return f"step {at}: {seen[:80]} instead of {outcome[:80]}"
    return "ok"


CHECKS = {"message": check_message, "bad": check_bad, "order": check_order}


def main(path):
    with open(path) as file:
        for line in file:
            columns = line.rstrip("\n").split("\t")
            if columns[0] not in CHECKS:
                continue  # sealed frames and updates, which the package does not know
            try:
                outcome = CHECKS[columns[0]](*columns[1:])
            except FrameError as error:
                outcome = "refused as " + error.reason
            name = columns[0] + ":" + columns[1]
            print(outcome, name) if outcome in ("ok", "other") else print("FAIL", name, outcome)


main("vectors.txt")
