"""Errors and warnings that skmiaug raises.

Every error states what was expected, what was given and what to do. Where a built-in class
describes the error (``ValueError`` for a bad value, ``ImportError`` for a missing extra)
the class here derives from it, so that callers may catch either.
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
    """Losses are not finite again after the learning rate was lowered."""


class DeviceUnavailableError(RuntimeError):
    """The requested device cannot be used here."""


class CheckpointError(ValueError):
    """A checkpoint does not belong to this estimator, or is damaged."""


class FileFormatError(ValueError):
    """A file is not in the expected format, is damaged, or could do harm."""


class LeakageError(ValueError):
    """A speaker, dialog or sentence is in the training and the test part of a fold."""


class ProcessGroupError(RuntimeError):
    """The processes that train one model are missing, or do not agree."""


class MissingExtraError(ImportError):
    """An optional package is needed; the message names the extra to install."""


class SkmiaugWarning(UserWarning):
    """Base class of the warnings of skmiaug."""


class TinyClassWarning(SkmiaugWarning):
    """A class has too few rows to learn from; its samples are drawn with scaled noise."""


class UndefinedScoreWarning(SkmiaugWarning):
    """A score in a search is NaN; its candidate is not chosen."""


class CudaGraphWarning(SkmiaugWarning):
    """Training steps could not be captured as a CUDA graph; they run without one."""


class CorpusWarning(SkmiaugWarning):
    """A corpus on disk differs from its release; some rows were left out."""
