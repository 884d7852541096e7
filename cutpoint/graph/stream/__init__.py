"""Compile a network for the Stream engine, which runs it line by line in a fraction of the memory."""

from cutpoint.graph.stream.compile import compile_stream, streamable
from cutpoint.graph.stream.lowering import StreamError
from cutpoint.graph.stream.plan import StreamPlan

__all__ = ["StreamError", "StreamPlan", "compile_stream", "streamable"]
