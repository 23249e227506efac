"""``skmiaug predict``: classes and probabilities of new rows by the file of a fit."""

import argparse
import os
import sys
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd

from skmiaug.evaluation.cli._parser import UsageError
from skmiaug.evaluation.cli._shared import check_output, show
from skmiaug.evaluation.features import FileOptions, read_unlabelled
from skmiaug.utils.files._atomic import replacing, write_text_atomically
from skmiaug.utils.files._untrusted import check_regular_file, safe_cell

_MARK, _FORMAT = "skmiaug_model", 1
_PACKAGES = ("skmiaug", "scikit-learn", "imbalanced-learn", "numpy")


def run(args: argparse.Namespace) -> int:
    """Load, read, predict, write."""
    target = check_output(args.output, overwrite=args.overwrite)
    if not args.quiet:
        print(
            f"skmiaug: note: loading {args.model_file} runs whatever code it holds; use "
            "only models of your own, or of people you trust.",
            file=sys.stderr,
        )
    model = load_model(args.model_file)
    note = version_note(model)
    if note and not args.quiet:
        print(f"skmiaug: note: {note}", file=sys.stderr)
    try:
        table = _predicted(args, model)
    except (ValueError, TypeError) as error:
        raise UsageError(str(error)) from error
    write_text_atomically(target, table.to_csv(index=False, lineterminator="\n"))
    if not args.quiet:
        counts = table["predicted"].value_counts()
        show(", ".join(f"{name} {count}" for name, count in counts.items()))
        show(f"written: {target}")
    return 0


def _predicted(args: argparse.Namespace, model: dict[str, Any]) -> pd.DataFrame:
    search, extractor = model["search"], model["extractor"]
    table: dict[str, Any] = {}
    if extractor is not None:
        files = find_audio(args.inputs, args.audio_column)
        X = extractor.transform(files)
        table["file"] = [safe_cell(name) for name in files]
    else:
        if len(args.inputs) > 1:
            raise UsageError(f"expected one file of features; got {len(args.inputs)}.")
        options = FileOptions(**model["options"])
        X = read_unlabelled(
            args.inputs[0], options, model["columns"], search.n_features_in_
        )
        table["row"] = np.arange(len(X))
    table["predicted"] = [safe_cell(label) for label in search.predict(X).tolist()]
    if hasattr(search, "predict_proba"):
        for label, column in zip(search.classes_, search.predict_proba(X).T, strict=True):
            table[str(safe_cell(f"probability_{label}"))] = column
    return pd.DataFrame(table)


# ---- the file of a fit


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


# ---- audio files


def find_audio(inputs: list[str], column: str) -> list[str]:
    """Audio files, from files, folders of them and CSV tables that name them."""
    found: list[str] = []
    for name in inputs:
        path = Path(name)
        if path.is_dir():
            inside = sorted(str(p) for p in path.iterdir() if _is_audio(p))
            if not inside:
                raise UsageError(
                    f"{name}: expected audio files in this folder; there are none."
                )
            found += inside
        elif path.suffix.lower() in (".csv", ".tsv"):
            found += _from_table(path, column)
        else:
            found.append(name)
    missing = [name for name in found if not Path(name).is_file()]
    if missing:
        raise UsageError(f"{missing[0]}: there is no such file; check the path.")
    return found


def _is_audio(path: Path) -> bool:
    from skmiaug.feature_extraction._items import _AUDIO_SUFFIXES

    return path.is_file() and path.suffix.lower() in _AUDIO_SUFFIXES


def _from_table(path: Path, column: str) -> list[str]:
    from skmiaug.datasets.manifest import read_csv

    cells = read_csv(path, (column,), ",;\t")[column]
    return [str(path.parent / cell) for cell in cells]
