"""Read a .tflite, find every cut, take heads and tails out, verify them, and keep the result as a bundle."""

from cutpoint.graph.model import Cut, Model, Operator, Tensor
from cutpoint.graph.reader import load

__all__ = ["Cut", "Model", "Operator", "Tensor", "load"]
