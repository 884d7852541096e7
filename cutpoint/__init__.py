"""Cut one int8 TFLite network between a microcontroller and an edge server."""

from cutpoint.graph import Bundle, Model, load

__all__ = ["Bundle", "Model", "load"]
