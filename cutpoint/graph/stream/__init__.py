"""Compile a network for the Stream engine, which runs it line by line in a fraction of the memory."""

from cutpoint.graph.stream.compile import compile_stream, streamable
from cutpoint.graph.stream.encoding import VERSION as PLAN_VERSION
from cutpoint.graph.stream.lowering import StreamError
from cutpoint.graph.stream.plan import StreamPlan
from cutpoint.graph.stream.plan_file import PlanFile, read_plan_file

__all__ = [
    "PLAN_VERSION",
    "PlanFile",
    "StreamError",
    "StreamPlan",
    "compile_stream",
    "read_plan_file",
    "streamable",
]
