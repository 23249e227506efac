"""Conversion of the argument of ``transform`` to a list of inputs of one kind."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from skmiaug.utils.audio import decode, mono_float32, shared_decoder, without_gradient
from skmiaug.utils.files._untrusted import absolute_path

_AUDIO = (
    ".3gp .aac .aif .aifc .aiff .amr .ape .au .caf .flac .m4a .mka .mkv .mov .mp2 .mp3 "
    ".mp4 .nist .oga .ogg .opus .raw .snd .sph .w64 .wav .wave .webm .wma .wv"
)
_AUDIO_SUFFIXES = frozenset(_AUDIO.split())


@dataclass(frozen=True)
class Item:
    """One input: a file, samples, a text, or why it cannot be used.

    ``name`` is its place in X, and its path as given. ``path`` is that of a file that is
    not opened yet; ``samples`` and their ``rate`` (Hz) are not checked yet; ``text`` is
    neither missing nor empty.
    """

    name: str
    path: str = ""
    samples: Any = None
    rate: Any = None
    text: str = ""
    problem: str = ""


def read_items(X: Any, *, modality: str, sampling_rate: int | None) -> list[Item]:
    """List the inputs in X, as in :meth:`TransformerFeatures.transform`.

    Errors of the program are raised whatever the value of ``on_error``: TypeError where X,
    or an entry of it, is of a kind that this model cannot take, ValueError where X has the
    wrong shape or a bare array has no rate.
    """
    rows = check_modality(X, modality)
    if modality == "text":
        return [_text_item(f"X[{i}]", row) for i, row in enumerate(rows)]
    return [_audio_item(f"X[{i}]", row, sampling_rate) for i, row in enumerate(rows)]


def check_modality(X: Any, modality: str) -> list[Any]:
    """The rows of X, refused if they are inputs for a model of the other modality.

    A text model would embed paths as text, and paths often contain the class.
    """
    rows = _rows(X)
    strings = [
        (i, row) for i, row in enumerate(rows) if isinstance(row, str) and row.strip()
    ]
    if modality == "text":
        paths = [(i, row) for i, row in strings if _suffix(row) in _AUDIO_SUFFIXES]
        if 2 * len(paths) <= len(strings):
            paths = [(i, row) for i, row in strings if _is_path(row)]
        if paths:
            i, row = paths[0]
            raise TypeError(
                f"X[{i}]: expected text, since the model is a text model, got the path of "
                f"a file ({row[:80]!r}); read the text first, and for audio choose a "
                "speech model"
            )
    else:
        texts = [(i, row) for i, row in strings if _is_no_path(row)]
        if 2 * len(texts) > len(strings) and not any(_is_path(row) for _, row in strings):
            i, row = texts[0]
            raise TypeError(
                f"X[{i}]: expected paths of audio files, since the model is a speech "
                f"model, got text ({row[:80]!r}) or a file that is not there; for text "
                "choose a text model"
            )
    return rows


def _suffix(text: str) -> str:
    return os.path.splitext(_bare(text))[1].lower()


def _bare(text: str) -> str:
    """Without the blanks and quotes that a table may leave around a path."""
    return text.strip(" \t\r\n\"'")


def _is_path(text: str) -> bool:
    text, suffix = _bare(text), _suffix(text)
    if suffix in _AUDIO_SUFFIXES and not re.search(r"\s", text):
        return True
    has_form = 1 < len(suffix) < 7 or re.search(r"[/\\]", text) is not None
    return has_form and "\0" not in text and os.path.isfile(text)


def _is_no_path(text: str) -> bool:
    if re.search(r"\.\w{1,5}$", text) or "\0" in text:
        return False
    spaced = re.search(r"\s", text) is not None
    return (spaced or not re.search(r"[/\\]", text)) and not os.path.exists(text)


def read_samples(item: Item, job: Any) -> tuple[np.ndarray, int]:
    """Mono samples of an audio input, and the rate in Hz that they came in.

    ``job`` has ``max_duration``, ``trusted`` and ``decode_timeout``.
    """
    # The parameters may be numpy scalars, which JSON does not take.
    longest, timeout = float(job.max_duration), float(job.decode_timeout)
    if not item.path:
        return mono_float32(item.samples, item.rate, max_seconds=longest)
    if job.trusted:
        return decode(item.path, max_seconds=longest)
    return shared_decoder().decode(item.path, max_seconds=longest, timeout=timeout)


def _rows(X: Any) -> list[Any]:
    if isinstance(X, str | bytes | os.PathLike | Mapping):
        raise TypeError(
            f"expected a list of inputs, got a single {type(X).__name__}; put it in a "
            "list: transform([x])"
        )
    if isinstance(X, set | frozenset):
        raise TypeError(
            "expected a list of inputs, got a set, which has no order, so that rows cannot "
            "be assigned to inputs; pass sorted(X)"
        )
    if isinstance(X, tuple) and len(X) == 2 and isinstance(X[1], Real):
        raise TypeError(
            "expected a list of inputs, got a single (array, rate) pair; put it in a list: "
            "transform([(array, rate)])"
        )
    columns = getattr(X, "columns", None)
    if columns is not None:
        if len(columns) != 1:
            raise ValueError(
                f"expected one column of paths, clips or texts, got {len(columns)}: "
                f"{list(columns)[:8]}; pass one, as X['path'], or use a ColumnTransformer"
            )
        X = X[columns[0]]
    if isinstance(X, np.ndarray):
        if X.ndim == 1 and X.dtype.kind in "fiu":
            raise ValueError(
                f"expected a list of inputs, got one 1-D array of shape {X.shape}; if it "
                "is one clip, put it in a list: transform([x])"
            )
        if X.ndim == 2 and X.shape[1] == 1 and X.dtype.kind not in "fiu":
            X = X[:, 0]
        if X.ndim == 0 or (X.ndim > 1 and not (X.ndim == 2 and X.dtype.kind in "fiu")):
            raise ValueError(
                f"expected one input a row, got an array of shape {X.shape} and dtype "
                f"{X.dtype}"
            )
    try:
        return list(X)
    except TypeError:
        raise TypeError(
            "expected a list, array, Series or one-column DataFrame, got "
            f"{type(X).__name__}"
        ) from None


def _is_missing(row: Any) -> bool:
    return pd.api.types.is_scalar(row) and bool(pd.isna(row))


def _text_item(name: str, row: Any) -> Item:
    if _is_missing(row):
        return Item(name, problem="expected text, got a missing value; leave the row out")
    if not isinstance(row, str):
        raise TypeError(
            f"{name}: expected text (str), since the model is a text model, got "
            f"{type(row).__name__}; for audio choose a speech model"
        )
    if not row.strip():
        return Item(name, problem="expected text, got an empty string; leave the row out")
    if any("\ud800" <= character <= "\udfff" for character in row):
        return Item(
            name, problem="expected text, got one with broken (surrogate) characters"
        )
    return Item(name, text=row)


def _is_value(value: Any) -> bool:
    """Whether it is a single value, not several in any shape (ragged ones included)."""
    return (
        value is None
        or np.isscalar(value)
        or not hasattr(value, "__len__")
        or (getattr(value, "ndim", 1) == 0)
    )


def _audio_item(name: str, row: Any, sampling_rate: int | None) -> Item:
    if _is_missing(row):
        return Item(name, problem="expected audio, got a missing value; leave the row out")
    if isinstance(row, str | os.PathLike):
        path = os.fsdecode(os.fspath(row))
        if not path.strip():
            return Item(
                name, problem="expected a path, got an empty string; leave the row out"
            )
        return Item(f"{name} ({path})", path=absolute_path(path))
    if hasattr(row, "get_all_samples"):
        # A decoder of torchcodec, as ``datasets`` gives from version 4 on.
        try:
            decoded = row.get_all_samples()
        except (RuntimeError, ValueError, OSError) as error:
            return Item(
                name, problem=f"expected audio that torchcodec can decode ({error})"
            )
        samples, rate = decoded.data.mean(0), decoded.sample_rate  # (channels, samples)
    else:
        samples, rate = _samples_and_rate(name, row, sampling_rate)
    return Item(name, samples=without_gradient(samples), rate=rate)


def _samples_and_rate(name: str, row: Any, sampling_rate: int | None) -> tuple[Any, Any]:
    """Of a dict, a pair, or a bare array."""
    if isinstance(row, Mapping):
        if row.get("array") is None or row.get("sampling_rate") is None:
            raise TypeError(
                f"{name}: expected a dict with 'array' and 'sampling_rate', got the keys "
                f"{sorted(map(str, row))}"
            )
        return row["array"], row["sampling_rate"]
    if isinstance(row, tuple | list) and len(row) == 2:
        is_value = [_is_value(part) for part in row]
        if is_value == [True, False]:
            raise TypeError(
                f"{name}: expected (array, rate), got the rate first, as "
                "scipy.io.wavfile.read gives it; swap the two"
            )
        if is_value == [False, True] or (is_value[1] and isinstance(row, tuple)):
            return row[0], row[1]
    if _is_value(row):
        raise TypeError(
            f"{name}: expected a path, an array, an (array, rate) pair or a dict with "
            f"'array' and 'sampling_rate', since the model is a speech model, got "
            f"{type(row).__name__}"
        )
    if sampling_rate is None:
        raise ValueError(
            f"{name}: expected a sampling rate with an array of samples, got none; pass "
            "(array, rate) pairs, or set sampling_rate"
        )
    return row, sampling_rate
