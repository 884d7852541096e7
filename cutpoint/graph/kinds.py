"""Names of operators, and those that no cut can be put next to."""

from __future__ import annotations

from typing import Final

from ai_edge_litert import schema_py_generated as schema

KIND_OF_CODE: Final[dict[int, str]] = {
    code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)
}

_CONTROL_FLOW = "it runs other subgraphs (control flow)"
_STATE = "it keeps state between two inferences (variables)"
_RANDOM = "it draws random numbers, so two runs differ"
_DATA_SHAPED = "the size of its output depends on the data"

REFUSED: Final[dict[str, str]] = {
    **dict.fromkeys(
        (
            "IF",
            "WHILE",
            "CALL",
            "CALL_ONCE",
            "STABLEHLO_CASE",
            "STABLEHLO_COMPOSITE",
            "STABLEHLO_REDUCE",
            "STABLEHLO_REDUCE_WINDOW",
            "STABLEHLO_SCATTER",
            "STABLEHLO_SORT",
            "STABLEHLO_WHILE",
        ),
        _CONTROL_FLOW,
    ),
    **dict.fromkeys(
        (
            "VAR_HANDLE",
            "READ_VARIABLE",
            "ASSIGN_VARIABLE",
            "HASHTABLE",
            "HASHTABLE_FIND",
            "HASHTABLE_IMPORT",
            "HASHTABLE_SIZE",
        ),
        _STATE,
    ),
    **dict.fromkeys(
        ("RANDOM_STANDARD_NORMAL", "RANDOM_UNIFORM", "MULTINOMIAL", "STABLEHLO_RNG_BIT_GENERATOR"), _RANDOM
    ),
    **dict.fromkeys(
        ("WHERE", "UNIQUE", "NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5"), _DATA_SHAPED
    ),
    "DELEGATE": "it belongs to one interpreter only",
    "PLACEHOLDER_FOR_GREATER_OP_CODES": "it is no operator",
}  # fmt: skip
"""Refused operators, with what they do that a cut cannot carry over."""


def kind_of(code: schema.OperatorCodeT) -> str | None:
    """Name of an operator code, or None when this schema does not know it.

    Codes up to 126 stand in the deprecated byte, later ones in the 32-bit field (schema.fbs, `OperatorCode`).
    """
    return KIND_OF_CODE.get(max(code.builtinCode, code.deprecatedBuiltinCode))
