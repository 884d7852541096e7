"""What the output tensors of a model mean: centroids, classes, or raw tensors."""

from cutpoint.answer.agreement import Agreed, Agreement, agreed
from cutpoint.answer.answers import Answer, Centroids, Classes, Raw, RawTensor
from cutpoint.answer.classes import Class
from cutpoint.answer.errors import OutputError, RuleError
from cutpoint.answer.fomo import Centroid, Fusion
from cutpoint.answer.rule import AnswerRule, OutputKind, OutputTensor
from cutpoint.answer.score import Box, CentroidScore

__all__ = [
    "Agreed",
    "Agreement",
    "Answer",
    "AnswerRule",
    "Box",
    "Centroid",
    "CentroidScore",
    "Centroids",
    "Class",
    "Classes",
    "Fusion",
    "OutputError",
    "OutputKind",
    "OutputTensor",
    "Raw",
    "RawTensor",
    "RuleError",
    "agreed",
]
