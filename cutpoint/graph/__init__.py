"""Read a .tflite, find every cut, take heads and tails out, verify them, and keep the result as a bundle."""

from cutpoint.graph.bundle import Bundle
from cutpoint.graph.difference import Difference
from cutpoint.graph.inputs import random_inputs
from cutpoint.graph.manifest import CutEntry, Manifest, OperatorEntry, TensorEntry
from cutpoint.graph.model import Cut, Model, Operator, Tensor
from cutpoint.graph.reader import load
from cutpoint.graph.verification import CutCheck, VerifyReport, verify

__all__ = [
    "Bundle",
    "Cut",
    "CutCheck",
    "CutEntry",
    "Difference",
    "Manifest",
    "Model",
    "Operator",
    "OperatorEntry",
    "Tensor",
    "TensorEntry",
    "VerifyReport",
    "load",
    "random_inputs",
    "verify",
]
