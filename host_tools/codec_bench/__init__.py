"""`cutpoint bench codecs`: every way to serve a picture, in bytes, quality, memory and instructions, in one table."""

from host_tools.codec_bench.device import DeviceMeter, Unmetered
from host_tools.codec_bench.files import write_csv
from host_tools.codec_bench.framing import Message, message
from host_tools.codec_bench.halves import Halves, Live
from host_tools.codec_bench.modelled import Board
from host_tools.codec_bench.plot import draw
from host_tools.codec_bench.qemu_meter import QemuMeter
from host_tools.codec_bench.row import DeviceCost, Row, pareto
from host_tools.codec_bench.run import CodecBench, best_of, run
from host_tools.codec_bench.table import console_table, sentences

__all__ = [
    "Board",
    "CodecBench",
    "DeviceCost",
    "DeviceMeter",
    "Halves",
    "Live",
    "Message",
    "QemuMeter",
    "Row",
    "Unmetered",
    "best_of",
    "console_table",
    "draw",
    "message",
    "pareto",
    "run",
    "sentences",
    "write_csv",
]
