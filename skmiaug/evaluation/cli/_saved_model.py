"""The file of ``skmiaug fit``: a fitted search and what is needed to predict with it."""

import os
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib

from skmiaug.evaluation.cli._parser import UsageError
from skmiaug.utils.files._atomic import replacing
from skmiaug.utils.files._untrusted import check_regular_file

__all__ = ["load_model", "save_model", "version_note"]

_MARK, _FORMAT = "skmiaug_model", 1
_PACKAGES = ("skmiaug", "scikit-learn", "imbalanced-learn", "numpy")


def save_model(path: Path, parts: dict[str, Any]) -> None:
    """Write the file in one step; an older one stays until the new one is complete."""
    versions = {name: version(name) for name in _PACKAGES}
    with (
        replacing(path) as (descriptor, _),
        os.fdopen(descriptor, "wb", closefd=False) as file,
    ):
        joblib.dump({_MARK: _FORMAT, "versions": versions, **parts}, file)
        file.flush()
        os.fsync(descriptor)


def load_model(path: str) -> dict[str, Any]:
    """The parts of a file of ``skmiaug fit``. Unpickles, so runs any code in the file."""
    try:
        file = check_regular_file(path, "a model file")
        with warnings.catch_warnings():
            # scikit-learn's warnings about versions: one note of ours covers all packages.
            warnings.simplefilter("ignore")
            found = joblib.load(file)
    except FileNotFoundError:
        raise UsageError(
            f"{path}: there is no such file; make it with skmiaug fit."
        ) from None
    except Exception as error:
        # Whatever error damaged bytes cause in the unpickler, the file is at fault.
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:120]
        raise UsageError(
            f"{path}: expected a model of skmiaug fit, and it cannot be read ({reason}); "
            "fit it again, with the versions of the packages that are installed here."
        ) from error
    if not isinstance(found, dict) or found.get(_MARK) != _FORMAT:
        raise UsageError(
            f"{path}: expected a model of skmiaug fit, and it holds something else; make "
            "it with skmiaug fit."
        )
    return found


def version_note(model: dict[str, Any]) -> str:
    """The packages whose version is another than that of the fit; "" if none is."""
    changed = [
        f"{name} {old} (here {version(name)})"
        for name, old in model["versions"].items()
        if version(name) != old
    ]
    if not changed:
        return ""
    return f"the model was fitted with {', '.join(changed)}; fit it again to be sure."
