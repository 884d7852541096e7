"""What an edge server remembers, for reading elsewhere: which rows, as which columns, in which file format."""

from host_tools.history.columns import Column, decision_columns, inference_columns
from host_tools.history.formats import Format, chosen_format, write_rows
from host_tools.history.times import moment_us

__all__ = [
    "Column",
    "Format",
    "chosen_format",
    "decision_columns",
    "inference_columns",
    "moment_us",
    "write_rows",
]
