"""Warnings of feature extraction (its errors are built-in or ``AudioDecodeError``)."""

from skmiaug.exceptions import SkmiaugWarning


class FailedInputWarning(SkmiaugWarning):
    """Some inputs could not be read; their rows are NaN."""


class TruncatedTextWarning(SkmiaugWarning):
    """Some texts were cut to the limit of the model."""


class DamagedCacheWarning(SkmiaugWarning):
    """Some cache entries were damaged; they were computed again."""
