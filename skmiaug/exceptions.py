"""Errors and warnings that skmiaug raises.

Every error says what was expected, what came and what to do. Where a built-in class says
what happened (``ValueError`` for a bad value, ``ImportError`` for a missing extra) the
class here derives from it, so that callers may catch either.
"""

__all__ = [
    "CheckpointError",
    "CorpusWarning",
    "CudaGraphWarning",
    "DeviceUnavailableError",
    "FileFormatError",
    "LeakageError",
    "MissingExtraError",
    "ProcessGroupError",
    "SkmiaugWarning",
    "TinyClassWarning",
    "TrainingDivergedError",
    "UndefinedScoreWarning",
]


class TrainingDivergedError(RuntimeError):
    """Training gave non-finite losses again after the rate was lowered."""


class DeviceUnavailableError(RuntimeError):
    """The device that was asked for cannot be used here."""


class CheckpointError(ValueError):
    """A checkpoint does not belong to this estimator, or is damaged."""


class FileFormatError(ValueError):
    """A file is not in the format that was expected."""


class LeakageError(ValueError):
    """A speaker, dialog or sentence is in the training and the test part of a fold."""


class ProcessGroupError(RuntimeError):
    """The processes that are to train one model are not there, or do not agree."""


class MissingExtraError(ImportError):
    """An optional package is needed for what was asked; the text names the remedy."""


class SkmiaugWarning(UserWarning):
    """Base class of the warnings of skmiaug."""


class TinyClassWarning(SkmiaugWarning):
    """A class has too few rows to learn from; its rows are made by scaled noise."""


class UndefinedScoreWarning(SkmiaugWarning):
    """A score in a search is NaN; what it belongs to is not chosen."""


class CudaGraphWarning(SkmiaugWarning):
    """Training steps could not be captured as a CUDA graph; they go on without."""


class CorpusWarning(SkmiaugWarning):
    """A corpus on disk is not quite what its release should be; something was left out."""
