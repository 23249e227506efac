"""Results on disk: a tidy table, everything as JSON, Markdown, and the plot."""

import argparse
import json
import math
import os
import tempfile
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skmiaug.evaluation.comparison._methods import SCORES
from skmiaug.exceptions import FileFormatError
from skmiaug.utils import require
from skmiaug.utils.files._atomic import write_text_atomically
from skmiaug.utils.files._untrusted import (
    printable,
    read_json_file,
    safe_cell,
    write_json_file,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["load_comparison", "save_comparison"]

TABLE, REPORT, TEXT, PLOT = "table.csv", "results.json", "table.md", "plot.png"
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
    scoring: str | None = None,
    overwrite: bool = False,
) -> list[Path]:
    """Write ``table.csv``, ``results.json``, ``table.md`` and ``plot.png`` into a folder.

    Parameters
    ----------
    results : pandas.DataFrame
        From `compare_samplers`; ``table.csv`` is this table, with a column for each recall
        and the confusion matrix as JSON. An apostrophe precedes text that a spreadsheet
        would run as a formula.
    folder : path-like
        Made if absent.
    title : str, default=""
        Name of the data, for the plot and the JSON.
    class_counts : mapping, default=None
        Rows of each class.
    settings : mapping, default=None
        Further entries of the JSON; JSON types only.
    scoring : str, default=None
        The score of ``table.md`` and the plot, as in `summarize_comparison`.
    overwrite : bool, default=False
        See Notes.

    Returns
    -------
    paths : list of pathlib.Path
        The four files.

    Raises
    ------
    FileFormatError
        The folder cannot be written to, or holds other files of these names.
    MissingExtraError
        matplotlib is not installed.

    See Also
    --------
    load_comparison : Reads the results from the folder.
    comparison_markdown : The table alone, as text.

    Notes
    -----
    Each file is replaced in one step, the plot last. Files of an earlier comparison (its
    results.json records this) are overwritten; other files of these names only with
    `overwrite`.
    The JSON holds the versions of the packages, the seeds, the summary of every score, the
    paired tests of `scoring`, recalls and confusion matrices, all scores of every fold
    (null where there is none) and a checksum.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skmiaug.evaluation import compare_samplers, save_comparison
    >>> X, y = make_classification(weights=[0.9], random_state=0)
    >>> results = compare_samplers(X, y, ["none", "SMOTE"], ["logistic regression"], cv=3)
    >>> [path.name for path in save_comparison(results, "results")]
    ['table.csv', 'results.json', 'table.md', 'plot.png']
    """
    target = prepare_folder(folder, overwrite=overwrite)
    from skmiaug.evaluation.comparison._plot import plot_comparison
    from skmiaug.evaluation.comparison._text import comparison_markdown

    report = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "title": printable(title),
        "versions": package_versions(),
        "settings": dict(settings or {}),
        "seeds": [int(seed) for seed in results["seed"].unique()],
        "class_counts": {printable(k): int(v) for k, v in (class_counts or {}).items()},
        **_by_sampler(results, scoring),
        "results": records(results),
    }
    try:
        # First, as a sign that the folder is ours and may be written to again; the plot
        # last, as the least necessary.
        write_json_file(target / REPORT, report)
        table = _flat(results).to_csv(index=False, lineterminator="\n")
        write_text_atomically(target / TABLE, table)
        text = comparison_markdown(results, scoring=scoring).split("\n")
        head = [title, ""] if title else []
        write_text_atomically(target / TEXT, "\n".join(map(printable, [*head, *text])))
        plot_comparison(results, target / PLOT, title=title, scoring=scoring)
    except OSError as error:
        raise FileFormatError(
            f"could not write to {str(target)!r}: {error.strerror or error}; make room or "
            "name another folder."
        ) from error
    return [target / name for name in (TABLE, REPORT, TEXT, PLOT)]


def load_comparison(folder: str | os.PathLike[str]) -> "pd.DataFrame":
    """The results that `save_comparison` wrote into a folder.

    Parameters
    ----------
    folder : path-like
        The folder.

    Returns
    -------
    results : pandas.DataFrame
        As `compare_samplers` returned it.

    Raises
    ------
    FileFormatError
        There is no results.json of a comparison, or it was changed.

    See Also
    --------
    save_comparison : Writes the folder.
    plot_comparisons : A plot of several comparisons.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skmiaug.evaluation import compare_samplers, load_comparison, save_comparison
    >>> X, y = make_classification(weights=[0.9], random_state=0)
    >>> results = compare_samplers(X, y, ["none", "SMOTE"], ["logistic regression"], cv=3)
    >>> paths = save_comparison(results, "results")
    >>> load_comparison("results")["uar"].equals(results["uar"])
    True
    """
    from skmiaug.evaluation.comparison._compare import results_table

    path = Path(folder) / REPORT
    if not _is_comparison(path):
        raise FileFormatError(
            f"expected results of `skmiaug compare --output` in {str(folder)!r}; "
            f"{REPORT} is absent, was changed, or is of another kind."
        )
    return results_table(read_json_file(path)["results"])


def _by_sampler(results: "pd.DataFrame", scoring: str | None) -> dict[str, Any]:
    """Summary, tests, recalls and confusion matrices, as JSON types."""
    from skmiaug.evaluation.comparison import _summary
    from skmiaug.evaluation.comparison._summary import paired_tests

    known = [name for name in SCORES if name in results and results[name].notna().any()]
    samplers = results["sampler"].unique()
    matrices = {s: _summary.confusion_matrix_of(results, s) for s in samplers}
    recalls = _summary.recalls_by_class(results)
    return {
        "summary": [
            line | {"scoring": name}
            for name in known
            for line in records(_summary.summarize_comparison(results, name))
        ],
        "paired_tests": records(paired_tests(results, scoring=scoring)),
        "recalls": json_value(recalls.T.to_dict()),
        "confusion": json_value(
            {s: m.to_dict("split", index=False) for s, m in matrices.items()}
        ),
    }


def _flat(results: "pd.DataFrame") -> "pd.DataFrame":
    """A column for each recall; text that no spreadsheet runs."""
    import pandas as pd

    by_class = pd.DataFrame(
        [row or {} for row in results["recalls"]], index=results.index
    ).add_prefix("recall, ")
    text = ["sampler", "classifier", "status", "message"]
    table = results.drop(columns="recalls").assign(
        confusion=[json.dumps(matrix) if matrix else "" for matrix in results["confusion"]],
        **{name: results[name].map(safe_cell) for name in text},
    )
    return pd.concat([table, by_class.rename(columns=safe_cell)], axis=1)


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
    taken = [name for name in (TABLE, REPORT, TEXT, PLOT) if (target / name).exists()]
    folders = [name for name in taken if not (target / name).is_file()]
    if folders:
        raise FileFormatError(
            f"expected to write files into {str(target)!r}, and {', '.join(folders)} in it "
            "is no file; move it away or name another folder."
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
    if isinstance(value, (list, tuple)):
        return [json_value(item) for item in value]
    if isinstance(value, dict):
        return {printable(key): json_value(item) for key, item in value.items()}
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        if math.isnan(value):
            return None
        if math.isinf(value):
            return "inf" if value > 0 else "-inf"
        return value
    return None if repr(value) == "<NA>" else value
