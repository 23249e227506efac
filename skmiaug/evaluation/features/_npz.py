"""Feature arrays from an .npz file, without unpickling anything."""

from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from skmiaug.evaluation.features._features import (
    Features,
    FileOptions,
    as_groups,
    as_labels,
    as_targets,
    close_match,
    finish,
    reason_of,
)
from skmiaug.exceptions import FileFormatError
from skmiaug.utils.files._untrusted import check_unpacked_size

_NUMERIC = "biuf"


def read_npz(file: Path, options: FileOptions) -> Features:
    """Arrays X, y and, where present or asked for, groups.

    An integer ``y`` with an array ``classes`` of as many names as it has values is
    translated into those names; for a ``y`` with columns, it names them.
    """
    name = str(file)
    # Opened here: numpy leaves its own file open when the bytes turn out damaged.
    with file.open("rb") as stream, _open(file, stream) as archive:
        arrays = _Arrays(name, archive)
        X = _feature_rows(arrays, options)
        key = options.y_key or "y"
        y, classes = _targets(arrays, key, options)
        groups = None
        if options.group_key is not None or "groups" in arrays.names:
            key = options.group_key or "groups"
            groups = _one_value_a_row(arrays, key, "--group-key", "groups")
            groups = as_groups(name, repr(key), groups)
    return finish(name, X, y, groups, classes=classes, prepare=options.prepare)


def read_rows(file: Path, options: FileOptions) -> NDArray[Any]:
    """The features alone, (n_samples, n_features)."""
    with file.open("rb") as stream, _open(file, stream) as archive:
        return _feature_rows(_Arrays(str(file), archive), options)


class _Arrays:
    """The arrays of an open file, each read with one kind of error."""

    def __init__(self, name: str, archive: Any) -> None:
        self.name = name
        self.names: list[str] = list(archive.files)
        self._archive = archive

    def read(self, key: str, flag: str, content: str) -> NDArray[Any]:
        if key not in self.names:
            raise FileFormatError(
                f"{self.name}: expected the {content} in array {key!r}; the file holds "
                f"{', '.join(self.names) or 'no array'}; name one with {flag}."
                f"{close_match(key, self.names)}"
            )
        try:
            array = self._archive[key]
        except Exception as error:
            # Whatever error damaged bytes cause in the decoder, the file is at fault.
            what = (
                f"cannot be read ({reason_of(error)}); the file is damaged or cut short: "
                "make it again with numpy.savez."
            )
            if "Object arrays" in str(error):
                what = (
                    "holds Python objects, which are never unpickled; save it again as "
                    "numbers or text (array.astype(str))."
                )
            raise FileFormatError(f"{self.name}: array {key!r} {what}") from error
        if not isinstance(array, np.ndarray):
            raise FileFormatError(
                f"{self.name}: {key!r} is not a NumPy array; write the file by numpy.savez."
            )
        return array


def _open(file: Path, stream: BinaryIO) -> Any:
    remedy = "make it with numpy.savez(path, X=..., y=...)."
    try:
        opened = np.load(stream, allow_pickle=False)
    except Exception as error:
        what = f", and it cannot be read as one ({reason_of(error)})"
        if "allow_pickle" in str(error):
            what = "; this is a pickle or some other file, and nothing is unpickled"
        raise FileFormatError(
            f"{file}: expected an .npz file of NumPy arrays{what}; {remedy}"
        ) from error
    if isinstance(opened, np.ndarray):
        raise FileFormatError(
            f"{file}: expected an .npz file with arrays X and y; this is a single array of "
            f"shape {opened.shape}; {remedy}"
        )
    check_unpacked_size(file)
    return opened


def _feature_rows(arrays: _Arrays, options: FileOptions) -> NDArray[Any]:
    key = options.x_key or "X"
    X = arrays.read(key, "--x-key", "features")
    if X.dtype.kind not in _NUMERIC:
        raise FileFormatError(
            f"{arrays.name}: expected numbers in {key!r}; its type is {X.dtype}."
        )
    if X.ndim == 2:
        if options.layer is not None:
            raise FileFormatError(
                f"{arrays.name}: --layer picks one layer of (rows, layers, features), and "
                f"{key!r} has shape {X.shape}; leave it out."
            )
        return X
    if X.ndim != 3:
        raise FileFormatError(
            f"{arrays.name}: expected {key!r} of shape (rows, features); got {X.shape}."
        )
    layers = X.shape[1]
    if options.layer is None or not 0 <= options.layer < layers:
        got = "none was named" if options.layer is None else f"got {options.layer}"
        raise FileFormatError(
            f"{arrays.name}: {key!r} has shape {X.shape}, (rows, layers, features); pick a "
            f"layer with --layer 0 to {layers - 1}; {got}."
        )
    return X[:, options.layer]


def _targets(
    arrays: _Arrays, key: str, options: FileOptions
) -> tuple[Any, list[Any] | None]:
    """Classes by name with the order of the names, or targets with columns."""
    if options.target_type == "multiclass":
        labels = _one_value_a_row(arrays, key, "--y-key", "classes")
        return _with_names(arrays, as_labels(arrays.name, repr(key), labels))
    names = None
    if "classes" in arrays.names:
        names = arrays.read("classes", "--y-key", "names of the columns")
    values = arrays.read(key, "--y-key", "targets")
    return as_targets(arrays.name, repr(key), values, names), None


def _one_value_a_row(arrays: _Arrays, key: str, flag: str, content: str) -> NDArray[Any]:
    values = arrays.read(key, flag, content)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise FileFormatError(
            f"{arrays.name}: expected the {content} in {key!r} as one value a row; its "
            f"shape is {values.shape}."
        )
    return values


def _with_names(arrays: _Arrays, y: NDArray[Any]) -> tuple[NDArray[Any], list[Any] | None]:
    """Labels by name, and the order of the names, where the file gives names."""
    if "classes" not in arrays.names or y.dtype.kind != "i" or not len(y):
        return y, None
    names = arrays.read("classes", "--y-key", "names of the classes")
    if names.ndim != 1 or names.dtype.kind != "U":
        return y, None
    names = np.char.strip(names)
    if len(set(names)) < len(names) or y.min() < 0 or y.max() >= len(names):
        return y, None
    return names[y], list(names)
