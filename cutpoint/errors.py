"""The errors of this package: who has to act, and what they saw.

Messages name what was seen, what was expected and what to do. Only the command line turns them into exit codes.
"""

from __future__ import annotations


class CutpointError(Exception):
    """Root of every error that this package raises on purpose."""


class UsageError(CutpointError):
    """The user gave something that cannot work: another file, argument or setting will."""


class PeerError(CutpointError):
    """The other end of a connection sent something that breaks the protocol."""


class InternalError(CutpointError):
    """A promise inside this package was broken: a bug here, not a mistake of the user."""


class ModelError(UsageError):
    """The .tflite file cannot be read or is of a kind that cannot be cut."""


class InputError(UsageError):
    """The arrays given to a runner do not fit the model's inputs."""


class KernelsError(UsageError):
    """The chosen kernels are not installed, unknown, or cannot run this model."""


class BundleError(UsageError):
    """The bundle folder is missing, damaged, or of a newer schema."""
