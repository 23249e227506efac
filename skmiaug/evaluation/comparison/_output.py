"""Results on disk: a tidy table, everything as JSON, and the plot."""

import argparse
import math
import os
import tempfile
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skmiaug.exceptions import FileFormatError
from skmiaug.utils._optional import require
from skmiaug.utils.files._atomic import write_text_atomically
from skmiaug.utils.files._untrusted import (
    printable,
    read_json_file,
    safe_cell,
    write_json_file,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["save_comparison"]

TABLE, REPORT, PLOT = "table.csv", "results.json", "plot.png"
FORMAT, FORMAT_VERSION = "skmiaug-comparison", 1
_NOT_SETTINGS = frozenset({"run", "command", "version"})
_PACKAGES = ("skmiaug", "scikit-learn", "imbalanced-learn", "torch", "numpy", "scipy")


def save_comparison(
    results: "pd.DataFrame",
    folder: str | os.PathLike[str],
    *,
    title: str = "",
    class_counts: Mapping[Any, int] | None = None,
    settings: Mapping[str, Any] | None = None,
    overwrite: bool = False,
) -> list[Path]:
    """Write ``table.csv``, ``results.json`` and ``plot.png`` into a folder.

    Parameters
    ----------
    results : pandas.DataFrame
        From `compare_samplers`; ``table.csv`` is this table. An apostrophe precedes text
        that a spreadsheet would run as a formula.
    folder : path-like
        Made if absent.
    title : str, default=""
        Name of the data, for the plot and the JSON.
    class_counts : mapping, default=None
        Rows of each class.
    settings : mapping, default=None
        Further entries of the JSON; JSON types only.
    overwrite : bool, default=False
        See Notes.

    Returns
    -------
    paths : list of pathlib.Path
        The three files.

    Raises
    ------
    FileFormatError
        The folder cannot be written to, or holds other files of these names.
    MissingExtraError
        matplotlib is not installed.

    See Also
    --------
    compare_samplers : Makes the table of results.
    plot_comparison : The figure alone.

    Notes
    -----
    Each file is replaced in one step, the plot last. Files of an earlier comparison (its
    results.json records this) are overwritten; other files of these names only with
    `overwrite`. The JSON holds the versions of the packages, the seeds, the summary, the
    paired tests, the score of every fold (null where there is none) and a checksum.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skmiaug.evaluation import compare_samplers, save_comparison
    >>> X, y = make_classification(weights=[0.9], random_state=0)
    >>> results = compare_samplers(X, y, ["none", "SMOTE"], ["logistic regression"], cv=3)
    >>> [path.name for path in save_comparison(results, "results")]
    ['table.csv', 'results.json', 'plot.png']
    """
    target = prepare_folder(folder, overwrite=overwrite)
    from skmiaug.evaluation.comparison._plot import plot_comparison
    from skmiaug.evaluation.comparison._statistics import paired_tests
    from skmiaug.evaluation.comparison._summary import summarize_comparison

    report = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "title": printable(title),
        "versions": package_versions(),
        "settings": dict(settings or {}),
        "seeds": [int(seed) for seed in results["seed"].unique()],
        "class_counts": {printable(k): int(v) for k, v in (class_counts or {}).items()},
        "summary": records(summarize_comparison(results)),
        "paired_tests": records(paired_tests(results)),
        "results": records(results),
    }
    text = ["sampler", "classifier", "status", "message"]
    table = results.assign(**{name: results[name].map(safe_cell) for name in text})
    try:
        # First, as a sign that the folder is ours and may be written to again; the plot
        # last, as the least necessary.
        write_json_file(target / REPORT, report)
        write_text_atomically(
            target / TABLE, table.to_csv(index=False, lineterminator="\n")
        )
        plot_comparison(results, target / PLOT, title=title)
    except OSError as error:
        raise FileFormatError(
            f"could not write to {str(target)!r}: {error.strerror or error}; make room or "
            "name another folder."
        ) from error
    return [target / TABLE, target / REPORT, target / PLOT]


def prepare_folder(folder: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Make the folder and check now whether it can be written to.

    Raises
    ------
    FileFormatError
        It cannot, or files there would be lost.
    MissingExtraError
        matplotlib is not installed, so that the plot could not be drawn later.
    """
    require("matplotlib.figure", extra="plots", purpose="write plot.png to --output")
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=target):
            pass
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise FileFormatError(
            f"expected a folder that can be written to; {str(target)!r} cannot "
            f"({reason}); name another one."
        ) from error
    taken = [name for name in (TABLE, REPORT, PLOT) if (target / name).exists()]
    folders = [name for name in taken if not (target / name).is_file()]
    if folders:
        raise FileFormatError(
            f"expected to write files into {str(target)!r}, and {', '.join(folders)} in it "
            "is not a file; move it away or name another folder."
        )
    if taken and not overwrite and not _is_comparison(target / REPORT):
        raise FileFormatError(
            f"{str(target)!r} already holds {', '.join(taken)} that did not come from "
            "`skmiaug compare`; name another folder or allow overwriting (--overwrite)."
        )
    return target


def package_versions() -> dict[str, str]:
    """Versions of the packages behind the results, without importing any of them."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def settings_of(args: argparse.Namespace) -> dict[str, Any]:
    """The arguments of the command line, without argparse's own, as JSON types."""
    return {k: json_value(v) for k, v in vars(args).items() if k not in _NOT_SETTINGS}


def records(table: "pd.DataFrame") -> list[dict[str, Any]]:
    """The rows of a table as JSON types; NaN is null."""
    return [
        {str(key): json_value(value) for key, value in row.items()}
        for row in table.to_dict("records")
    ]


def _is_comparison(path: Path) -> bool:
    try:
        return read_json_file(path).get("format") == FORMAT
    except (OSError, FileFormatError):
        return False


def json_value(value: Any) -> Any:
    """A value as JSON has it: NaN is null, and text can be written as UTF-8.

    A byte of a file name that is not UTF-8 is a lone surrogate in Python's text.
    """
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, tuple):
        return [json_value(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        if math.isnan(value):
            return None
        if math.isinf(value):
            return "inf" if value > 0 else "-inf"
        return value
    return None if repr(value) == "<NA>" else value
