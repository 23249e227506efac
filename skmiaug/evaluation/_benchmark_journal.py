"""Finished cells on disk, found again by exactly what was asked."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmiaug.evaluation._cell import COLUMNS
from skmiaug.utils._atomic import write_text_atomically

__all__ = ["Journal", "digest_of", "estimator_question"]

Rows = list[dict[str, Any]]


class Journal:
    """A folder with a small file for each finished cell.

    A file is named by the digest of its question and holds the question as well, so that
    another question never finds it. It is written whole or not at all; a damaged one is
    as if it were not there.

    Parameters
    ----------
    folder : Path
        Made on the first write.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, question: Mapping[str, Any]) -> Rows | None:
        """The rows that answer a question, or None."""
        try:
            entry = json.loads(self._file(question).read_text(encoding="utf-8"))
            rows = entry["rows"]
            right = entry["question"] == _plain(question) and all(
                set(row) == set(COLUMNS) for row in rows
            )
        except (OSError, ValueError, LookupError, TypeError):
            return None
        return rows if right and rows else None

    def put(self, question: Mapping[str, Any], rows: Rows) -> None:
        """Keep the rows that answer a question.

        Raises
        ------
        OSError
            The folder cannot be written to.
        """
        file = self._file(question)
        file.parent.mkdir(parents=True, exist_ok=True)
        entry = {"question": _plain(question), "rows": rows}
        # NaN is what json writes and reads for a cell without a score.
        write_text_atomically(file, json.dumps(entry, default=_number) + "\n")

    def _file(self, question: Mapping[str, Any]) -> Path:
        text = json.dumps(_plain(question), sort_keys=True)
        name = hashlib.sha256(text.encode()).hexdigest()
        return self.folder / f"{name}.json"


def digest_of(*arrays: NDArray[Any]) -> str:
    """A digest of the content, type and shape of arrays; str arrays count by their text."""
    total = hashlib.sha256()
    data: Any
    for array in arrays:
        if array.dtype.kind in "OU":
            data = np.frombuffer(json.dumps(array.tolist()).encode(), np.uint8)
        else:
            data = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        total.update(f"{array.dtype.kind}{array.dtype.itemsize}{array.shape}".encode())
        total.update(data)
    return total.hexdigest()


def estimator_question(estimator: Any) -> Any:
    """What determines an estimator before it is fitted: its class and its parameters."""
    if not hasattr(estimator, "get_params"):
        return repr(estimator)
    kind = type(estimator)
    parameters = estimator.get_params(deep=True)
    return {
        "class": f"{kind.__module__}.{kind.__qualname__}",
        "parameters": {name: repr(parameters[name]) for name in sorted(parameters)},
    }


def _plain(question: Mapping[str, Any]) -> Any:
    return json.loads(json.dumps(question, default=_number))


def _number(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"no JSON: {type(value).__name__}")
