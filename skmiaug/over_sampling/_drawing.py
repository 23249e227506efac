"""Rows from a fitted augmenter: sampling, and filling in what is missing."""

import os
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from skmiaug.over_sampling._class_rows import draw_class
from skmiaug.over_sampling._column_scale import fit_into_types
from skmiaug.over_sampling._counts import plain_labels, requested_classes
from skmiaug.over_sampling._imputing import fill_missing
from skmiaug.over_sampling._joint_sampler import JointSampler
from skmiaug.over_sampling._modal_input import check_condition, missing_parts
from skmiaug.over_sampling._parameters import AugmenterParameters
from skmiaug.over_sampling._row_sampler import RowSampler
from skmiaug.over_sampling._rows_file import write_rows
from skmiaug.over_sampling._streams import IMPUTE, LIKELY_CLASSES, SAMPLE
from skmiaug.over_sampling._training_run import MEMORY_ADVICE
from skmiaug.utils._containers import column_dtypes, like_polars, polars_to_pandas
from skmiaug.utils._device import memory_remedy, resolve_device
from skmiaug.utils._random import draw_seed, numpy_generator, seed_of_stream


class _Request(NamedTuple):
    """Rows that are asked for: the class index of each, the seed, and what they go with."""

    classes: np.ndarray
    seed: int
    given: np.ndarray | None


class DrawsRows(AugmenterParameters):
    """What a fitted :class:`MIGANAugmenter` can make."""

    _sampler: RowSampler | JointSampler
    _column_dtypes: tuple[np.dtype, ...] | None

    def sample(
        self,
        n_samples: int = 1,
        y: Any = None,
        *,
        condition: Any = None,
        random_state: Any = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw new rows from the fitted model, others than those of ``fit_resample``.

        Parameters
        ----------
        n_samples : int, default=1
            Rows to make.
        y : class or array of shape (n_samples,), default=None
            Class of the rows; None takes the shares of the training rows, or with a
            condition draws each class by what the condition says of it.
        condition : array-like of shape (n_samples, n_condition_features), default=None
            What each row is to go with, for an augmenter that was fitted with a condition.
            None draws it as ``condition_sampling`` says.
        random_state : int, RandomState instance or None, default=None
            Seed of the draws; None takes the augmenter's.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            Of the type of the training rows.
        y : ndarray of shape (n_samples,)

        Raises
        ------
        ValueError
            ``y`` or ``condition`` is of another length, or has an unknown class.

        Notes
        -----
        With an int, here or as the augmenter's ``random_state``, the same call gives the
        same rows. Calls for other numbers of rows give much the same rows too, not further
        ones: for those, pass another ``random_state``.

        The noise of the rows of a class that a call makes is centred, so that their mean
        is the mean of the class but for what the residual adds. A row drawn by itself has
        nothing to be centred with.
        """
        request = self._request(n_samples, y, condition, random_state)
        out = np.empty((len(request.classes), self.n_features_in_), dtype=self._row_dtype())
        self._fill(out, request)
        return out, self.classes_[request.classes]

    def sample_to(
        self,
        path: str | os.PathLike[str],
        n_samples: int,
        y: Any = None,
        *,
        condition: Any = None,
        random_state: Any = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw new rows into a ``.npy`` file, for more of them than memory holds.

        The bits are those of :meth:`sample`, and so is the order. 8,192 rows at a time are
        in memory, and the labels of all.

        Parameters
        ----------
        path : str or path-like
            The file of the rows; ``.npy`` is added where it lacks. Labels go to a file
            beside it whose name ends in ``_y.npy``.
        n_samples : int
            Rows to make.
        y : class or array of shape (n_samples,), default=None
        condition : array-like of shape (n_samples, n_condition_features), default=None
        random_state : int, RandomState instance or None, default=None
            As for :meth:`sample`. A ``condition`` may be a memory map. Where the
            augmenter draws the conditions, those of a class are in memory at a time.

        Returns
        -------
        X : memmap of shape (n_samples, n_features)
            The file of the rows, opened for reading.
        y : ndarray of shape (n_samples,)

        Raises
        ------
        OSError
            The folder is absent or cannot be written to, one of the two names is that of a
            folder, or the disk has too little room for all rows: no row is drawn then.

        Notes
        -----
        Both files appear when the last row is written, in the place of older ones of
        their names. An error or Ctrl-C leaves no half-written file.
        """
        request = self._request(n_samples, y, condition, random_state)
        labels = plain_labels(self.classes_)[request.classes]
        shape = len(request.classes), self.n_features_in_
        return write_rows(
            path, labels, shape, self._row_dtype(), lambda out: self._fill(out, request)
        )

    def impute(
        self, X: Any, y: Any = None, *, n_draws: int = 1, random_state: Any = None
    ) -> Any:
        """Make the modalities that rows lack, given those that they have.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            All columns of a missing modality are NaN.
        y : array-like of shape (n_samples,), default=None
            Classes of the rows. None draws the class of each row with a gap from what its
            other modalities say of it, with the shares of the training rows.
        n_draws : int, default=1
            What is filled in is the mean of this many draws. One is spread as real rows
            are: to make data with. The mean of many is nearest to what is missing: to
            predict with.
        random_state : int, RandomState instance or None, default=None
            Seed of the draws; None takes the augmenter's.

        Returns
        -------
        X_filled
            In the container and type of ``X``; what was there is unchanged.

        Raises
        ------
        ValueError
            The augmenter was fitted without ``modalities``; a row has NaN in a part of a
            modality or in all of them; ``y`` has an unknown class or another length.

        Notes
        -----
        With an int, here or as the augmenter's ``random_state``, the same call gives the
        same rows.
        """
        check_is_fitted(self, "_sampler")
        _check_count("n_draws", n_draws)
        modalities = getattr(self, "modalities_", None)
        if modalities is None:
            raise ValueError(
                "impute needs to know which columns belong together. Set modalities, for "
                "example {'audio': slice(0, 768), 'text': slice(768, None)}, and fit again."
            )
        frame = polars_to_pandas(X)
        rows = validate_data(
            self, X=frame, reset=False, ensure_all_finite="allow-nan", copy=True
        )
        if not np.issubdtype(rows.dtype, np.floating):
            return X  # whole numbers have no NaN
        missing = missing_parts(rows, modalities)
        classes = None if y is None else self._class_indices(y, len(rows))
        seed = self._draw_seed(IMPUTE, random_state)
        fill_missing(self, rows, missing, classes, int(n_draws), seed)
        return like_polars(_in_container(rows, frame), X)

    def _request(
        self, n_samples: Any, y: Any, condition: Any, random_state: Any
    ) -> "_Request":
        """Check what is asked for, and settle the seed and the class of each row."""
        check_is_fitted(self, "_sampler")
        _check_count("n_samples", n_samples)
        n = int(n_samples)
        seed = self._draw_seed(SAMPLE, random_state)
        given = self._checked_given(condition, n)
        if given is not None and y is None:
            classes = self._likely_classes({1: given}, seed)
        else:
            classes = requested_classes(n, y, self.classes_, self._class_shares)
        return _Request(classes, seed, given)

    def _fill(self, out: np.ndarray, request: "_Request") -> None:
        """Write the rows that are asked for into ``out``, class by class."""
        for c in np.unique(request.classes):
            numbers = np.flatnonzero(request.classes == c)
            given = None if request.given is None else request.given[numbers]
            if numbers[-1] - numbers[0] + 1 == len(numbers):
                rows = out[numbers[0] : numbers[-1] + 1]
                draw_class(self, rows, int(c), request.seed, given)
            else:
                draw_class(self, out, int(c), request.seed, given, numbers)

    def _class_indices(self, y: Any, n: int) -> np.ndarray:
        labels = np.asarray(polars_to_pandas(y))
        if labels.shape != (n,):
            raise ValueError(
                f"y must have a class for each of the {n} rows, got an array of shape "
                f"{labels.shape}."
            )
        return requested_classes(n, labels, self.classes_, self._class_shares)

    def _draw_seed(self, stream: int, random_state: Any) -> int:
        """A seed for one purpose, from that of the fit, or anew where that was no int.

        Not the fit's own: ``fit_resample`` draws from it, and rows of the same noise
        would be near copies of what it has made.
        """
        if random_state is None and isinstance(self.random_state, Integral):
            seed = self._seed
        else:
            given = self.random_state if random_state is None else random_state
            seed = draw_seed(check_random_state(given))
        return seed_of_stream(seed, stream)

    def _row_dtype(self) -> np.dtype:
        if isinstance(self._sampler, JointSampler):
            return self._sampler.scales[0].dtype
        return self._sampler.scale.dtype

    def _checked_given(self, condition: Any, n: int) -> np.ndarray | None:
        if condition is None:
            return None
        width = getattr(self, "n_condition_features_in_", None)
        if width is None:
            raise ValueError(
                "condition was passed to sample, but the augmenter was fitted without one. "
                "Pass condition to fit or fit_resample too."
            )
        rows = check_condition(condition, n, width)
        if np.isnan(rows).any():
            raise ValueError("condition has NaN: a row cannot go with what is missing.")
        return rows

    def _likely_classes(self, given: dict[int, np.ndarray], seed: int) -> np.ndarray:
        """Draw a class index for each row from its posterior given some modalities."""
        assert isinstance(self._sampler, JointSampler)
        log_p = self._sampler.class_log_density(given) + np.log(self._class_shares)
        gumbel = numpy_generator(seed, LIKELY_CLASSES).gumbel(size=log_p.shape)
        return (log_p + gumbel).argmax(axis=1)

    def _draw_parts(
        self,
        n: int,
        class_index: int,
        seed: int,
        given: dict[int, np.ndarray] | None = None,
    ) -> dict[int, np.ndarray]:
        """Draw n rows of a class, (n, n_columns) for each modality."""
        assert isinstance(self._sampler, JointSampler)
        device = resolve_device(self.device)
        with memory_remedy(device, MEMORY_ADVICE):
            return self._sampler.draw(n, class_index, given, seed=seed, device=device)


def _check_count(name: str, value: Any) -> None:
    if not isinstance(value, Integral) or value < 1:
        raise ValueError(f"{name} must be a whole number above 0, got {value!r}.")


def _in_container(rows: np.ndarray, original: Any) -> Any:
    """Return rows as a frame like ``original``, if that is one."""
    dtypes = column_dtypes(original)
    if dtypes is None:
        return rows
    import pandas as pd

    fit_into_types(rows, dtypes)
    frame = pd.DataFrame(rows, columns=original.columns, index=original.index)
    return frame.astype(original.dtypes.to_dict())
