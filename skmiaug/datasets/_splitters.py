"""Protocols of the corpora as scikit-learn splitters; what the parts of a fold share."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import PredefinedSplit

from skmiaug.datasets.manifest import frame_of, listed, sorted_names
from skmiaug.exceptions import LeakageError
from skmiaug.utils.tables._row_blocks import row_numbers

COLUMNS = ("speaker", "dialog", "sentence")


def check_disjoint(
    manifest: Any, cv: Any, *, columns: str | Sequence[str] = COLUMNS, y: Any = None
) -> None:
    """Check that no speaker, dialog or sentence is in both parts of a fold.

    Parameters
    ----------
    manifest : Manifest, Bunch of a loader, or DataFrame
        Rows in the order of the data. Missing values (unknown speakers) are ignored.
    cv : splitter or iterable of (train, test), row numbers or masks
        The folds. For a splitter that needs groups, pass its list of folds.
    columns : str or sequence of str, default=("speaker", "dialog", "sentence")
        Columns whose values must not be shared. In acted corpora (EmoDB, nEMO, the
        scripted parts of others) all speakers have the same few sentences: pass
        ("speaker", "dialog") there.
    y : array-like, default=None
        Classes, for splitters that stratify.

    Raises
    ------
    LeakageError
        A row or a value of `columns` is in both parts; names the fold and some values.
    ValueError
        A column is not in the manifest, or a mask is not of its length.

    See Also
    --------
    LeaveOneSpeakerOut : Folds that share no speaker.

    Examples
    --------
    >>> from skmiaug.datasets import Manifest, check_disjoint
    >>> rows = {"id": ["a", "b", "c"], "speaker": ["x", "x", "y"]}
    >>> manifest = Manifest.from_columns(rows)
    >>> check_disjoint(manifest, [([0, 1], [2])])
    """
    frame = frame_of(manifest)
    columns = known_columns(frame, columns)
    folds = cv.split(np.empty((len(frame), 0)), y) if hasattr(cv, "split") else cv
    for number, (train, test) in enumerate(folds):
        where = f"fold {number}"
        train, test = (row_numbers(part, len(frame), where) for part in (train, test))
        rows = np.intersect1d(train, test)
        if rows.size:
            raise LeakageError(f"{where}: {rows.size} rows are in both parts.")
        check_parts(frame, train, test, columns, where)


def known_columns(frame: pd.DataFrame, columns: str | Sequence[str]) -> tuple[str, ...]:
    """The names of columns; a name alone is one."""
    names = (columns,) if isinstance(columns, str) else tuple(columns)
    unknown = [name for name in names if name not in frame.columns]
    if unknown:
        raise ValueError(
            f"expected columns of the manifest; it has no {listed(unknown)}. It has "
            f"{', '.join(map(str, frame.columns))}."
        )
    return names


def check_parts(
    frame: pd.DataFrame,
    train: NDArray[np.intp],
    test: NDArray[np.intp],
    columns: Sequence[str],
    where: str,
) -> None:
    """As `check_disjoint`, for one fold."""
    for name in columns:
        both = shared(frame, train, test, name)
        if both:
            raise LeakageError(
                f"{where}: expected no {name} in both the training and the test part; "
                f"{len(both)} are: {listed(both)}. Split by {name}, or by a column "
                "that contains it."
            )


def shared(
    frame: pd.DataFrame, train: NDArray[np.intp], test: NDArray[np.intp], column: str
) -> list[str]:
    """The values of a column that both parts have; missing ones do not count."""
    values = frame[column]
    one = set(values.iloc[train].dropna())
    return sorted(one & set(values.iloc[test].dropna()))


Parts = tuple[NDArray[np.intp], NDArray[np.intp]]
# Shared by both parts, these bias a score upwards; sentences may be shared by design.
GUARDED = ("speaker", "dialog")


class _ManifestSplitter:
    """A splitter that is bound to the rows of a manifest."""

    column: ClassVar[str]

    def __init__(self, manifest: Any, *, disjoint: str | Sequence[str] = GUARDED) -> None:
        self.frame = frame_of(manifest)
        known_columns(self.frame, self.column)
        self.disjoint = known_columns(self.frame, disjoint)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Number of folds."""
        return len(list(self._parts()))

    def split(self, X: Any = None, y: Any = None, groups: Any = None) -> Iterator[Parts]:
        """Yield (training rows, test rows) of each fold.

        Parameters
        ----------
        X : array-like of shape (n_rows, ...), default=None
            Only its length is checked.
        y, groups : object, default=None
            Ignored.

        Raises
        ------
        ValueError
            X has not as many rows as the manifest.
        LeakageError
            A value of the columns `disjoint` is in both parts of a fold.
        """
        rows = None if X is None else getattr(X, "shape", [len(X)])[0]
        if rows is not None and rows != len(self.frame):
            raise ValueError(
                f"expected the {len(self.frame)} rows of the manifest that this splitter "
                f"was made from, in its order; got {rows}."
            )
        for number, (train, test) in enumerate(self._parts()):
            check_parts(self.frame, train, test, self.disjoint, f"fold {number}")
            yield train, test

    def _parts(self) -> Iterator[Parts]:
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.frame)} rows)"


class _LeaveOneOut(_ManifestSplitter):
    """Each value of a column is the test part once, in order; 2 comes before 10."""

    def _parts(self) -> Iterator[Parts]:
        values = self.frame[self.column]
        missing = np.flatnonzero(values.isna())
        if missing.size:
            row = int(missing[0])
            first = self.frame["id"].iloc[row] if "id" in self.frame.columns else row
            raise ValueError(
                f"expected a {self.column} in every row; {missing.size} rows have none, "
                f"the first of them {first!r}. Leave them out, or split with GroupKFold "
                f"and the groups of Manifest.groups({self.column!r})."
            )
        names = sorted_names(values.unique())
        if len(names) < 2:
            raise ValueError(
                f"leaving one {self.column} out needs at least two; all rows are of "
                f"{listed(names)}."
            )
        yield from PredefinedSplit(pd.Categorical(values, names).codes).split()


class LeaveOneSessionOut(_LeaveOneOut):
    """Each session is the test part once: IEMOCAP in 5 folds, MSP-IMPROV in 6.

    Parameters
    ----------
    manifest : Manifest, Bunch of a loader, or DataFrame
        With a session in every row.
    disjoint : str or sequence of str, default=("speaker", "dialog")
        Columns whose values must not be in both parts of a fold; missing values do not
        count. See `check_disjoint`. Pass ``()`` for a DataFrame without them.

    Raises
    ------
    ValueError
        The manifest does not have one of the columns; on splitting: a row has no session,
        or there is only one.

    See Also
    --------
    LeaveOneSpeakerOut : Folds by speaker.
    check_disjoint : Checks any splitter.

    Examples
    --------
    >>> from skmiaug.datasets import LeaveOneSessionOut, Manifest
    >>> rows = {"id": list("abcd"), "session": ["1", "1", "2", "2"]}
    >>> cv = LeaveOneSessionOut(Manifest.from_columns(rows))
    >>> [test.tolist() for _, test in cv.split()]
    [[0, 1], [2, 3]]
    """

    column = "session"


class LeaveOneSpeakerOut(_LeaveOneOut):
    """Each speaker is the test part once.

    Dialogs of two speakers are then in both parts, which `split` refuses: leave the
    session out for a corpus of dialogs, or pass ``disjoint=("speaker",)``.

    Parameters
    ----------
    manifest : Manifest, Bunch of a loader, or DataFrame
        With a speaker in every row.
    disjoint : str or sequence of str, default=("speaker", "dialog")
        As of `LeaveOneSessionOut`.

    Raises
    ------
    ValueError
        As of `LeaveOneSessionOut`.

    See Also
    --------
    LeaveOneSessionOut : Folds by session.
    check_disjoint : Checks any splitter.

    Examples
    --------
    >>> from skmiaug.datasets import LeaveOneSpeakerOut, Manifest
    >>> rows = {"id": list("abcd"), "speaker": ["s", "s", "t", "t"]}
    >>> cv = LeaveOneSpeakerOut(Manifest.from_columns(rows))
    >>> [test.tolist() for _, test in cv.split()]
    [[0, 1], [2, 3]]
    """

    column = "speaker"


class OfficialSplit(_ManifestSplitter):
    """The official parts of a corpus: MSP-Podcast, CMU-MOSEI.

    Parameters
    ----------
    manifest : Manifest, Bunch of a loader, or DataFrame
        With a split in the rows to use; rows of other parts are in no fold.
    train : str or sequence of str, default=("train",)
        Parts to train on.
    test : str or sequence of str, default=None
        Parts to test on, each a fold of its own. None takes "test", or else "test1".
    disjoint : str or sequence of str, default=("speaker", "dialog")
        As of `LeaveOneSessionOut`.

    Raises
    ------
    ValueError
        The manifest does not have one of the columns; on splitting: a part has no rows.
    LeakageError
        On splitting: a part is both trained and tested on.

    See Also
    --------
    LeaveOneSpeakerOut : Folds by speaker.
    check_disjoint : Checks any splitter.

    Examples
    --------
    >>> from skmiaug.datasets import Manifest, OfficialSplit
    >>> rows = {"id": list("abc"), "split": ["train", "train", "test"]}
    >>> cv = OfficialSplit(Manifest.from_columns(rows))
    >>> [(train.tolist(), test.tolist()) for train, test in cv.split()]
    [([0, 1], [2])]
    """

    column = "split"

    def __init__(
        self,
        manifest: Any,
        *,
        train: str | Sequence[str] = ("train",),
        test: str | Sequence[str] | None = None,
        disjoint: str | Sequence[str] = GUARDED,
    ) -> None:
        super().__init__(manifest, disjoint=disjoint)
        self.train = (train,) if isinstance(train, str) else tuple(train)
        self.test = (test,) if isinstance(test, str) else test

    def _parts(self) -> Iterator[Parts]:
        split = self.frame["split"]
        known = sorted(split.dropna().unique())
        tests = self.test
        if tests is None:
            tests = ("test",) if "test" in known else ("test1",)
        for part in (*self.train, *tests):
            if part not in known:
                raise ValueError(
                    f"expected rows of the part {part!r}; the manifest has the parts "
                    f"{', '.join(known) or 'none'}."
                )
        both = [part for part in tests if part in self.train]
        if both:
            raise LeakageError(
                f"expected parts to test on that are not trained on; {listed(both)} would "
                f"be both: train is {listed(self.train)}, test is {listed(tests)}."
            )
        train = np.flatnonzero(split.isin(self.train))
        for part in tests:
            yield train, np.flatnonzero(split == part)
