"""BaseAugmenter: checks, target codes, column transform, sampling; generators plug in."""

import os
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from inspect import signature
from numbers import Integral
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np
from imblearn.over_sampling.base import BaseOverSampler
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from skmiaug.base import (
    EstimatorState,
    Maybe,
    read_rows,
    require_array,
    require_state,
    validation_mask,
)
from skmiaug.exceptions import TinyClassWarning
from skmiaug.metrics import classifier_information
from skmiaug.over_sampling._rows_file import write_rows
from skmiaug.over_sampling._streams import FIT, IMPUTE, MEASURE, RESAMPLE, SAMPLE
from skmiaug.over_sampling.columns._groups import (
    check_complete_rows,
    check_condition,
    check_expected,
    missing_modalities,
)
from skmiaug.over_sampling.columns._transform import ColumnTransform, fit_columns
from skmiaug.over_sampling.targets._counts import (
    Combination,
    combinations_of,
    expanded_counts,
    plain_labels,
    requested_classes,
)
from skmiaug.over_sampling.targets._subsample import subsample
from skmiaug.utils._phases import phase
from skmiaug.utils._progress import ProgressBar
from skmiaug.utils._random import draw_seed, numpy_generator, seed_of_stream
from skmiaug.utils._warning import warn_caller
from skmiaug.utils._whole_fit import whole_fit
from skmiaug.utils.tables._labels import read_labels, wanted_counts
from skmiaug.utils.tables._modalities import resolve_modalities
from skmiaug.utils.tables._row_blocks import SAMPLED_ROWS, row_blocks
from skmiaug.utils.tables._tables import TableLike, cast_column

GIVEN_BANDWIDTHS = {"rows": 0.0, "noise": 0.5, "gaussian": 1.0}
# Of each class; fewer where there are over 128 classes, since the work grows with both.
_MEASURED_ROWS, _MIN_MEASURED, _ALL_MEASURED = 256, 32, 2**15


class Generator(Protocol):
    """What ``BaseAugmenter._fit_generator`` returns: it draws rows given their targets.

    Any object with this method will do. Generators that can fill in missing modalities, or
    draw rows for a condition, take ``given`` too: coordinates (n, n_coordinates) with NaN
    where they are to be generated. ``skmiaug.save`` needs a dataclass that is registered by
    ``skmiaug.base.register_state``; pickle and joblib need nothing.

    See Also
    --------
    BaseAugmenter : Fits a generator and samples from it.
    """

    def sample(self, T: np.ndarray, *, rng: np.random.Generator) -> np.ndarray:
        """Return coordinates (n, n_coordinates), float32, for target codes (n, n_targets).

        ``rng`` is the only source of randomness.
        """


class Fitting(NamedTuple):
    """Checked training data as a generator learns from them; n rows.

    Attributes
    ----------
    Z : ndarray of shape (n, n_coordinates), float32
    T : ndarray of shape (n, n_targets), float32
    validation : ndarray of shape (n,), bool
        Rows to hold out.
    rng : numpy.random.Generator
    real : tuple of ndarray
        Some rows of ``Z`` and their class indices, to measure samples with.
    """

    Z: np.ndarray
    T: np.ndarray
    validation: np.ndarray
    rng: np.random.Generator
    real: tuple[np.ndarray, np.ndarray]


class BaseAugmenter(EstimatorState, BaseOverSampler):
    """Base of the over-samplers that draw rows from a fitted generator.

    It checks the input, turns classes into target codes T and columns into whitened
    coordinates Z, asks :meth:`_fit_generator` for a generator, decides which rows to
    generate, and gives samples back in the columns and containers of the input. See the
    user guide, "Write your own augmenter".

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        As in imbalanced-learn.
    random_state : int, RandomState instance or None, default=None
        One integer drawn from it seeds everything.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    sampling_strategy_ : dict
        Rows to generate of each class.
    n_features_in_, feature_names_in_
        As in scikit-learn.
    mutual_information_ : float
        Lower bound of I(c; x̂) of balanced generated rows, nats, by a classifier that was
        fitted to real rows.
    mutual_information_max_ : float
        ln(n_classes), its upper bound.
    synthetic_mask_ : ndarray of shape (n_rows_returned,), bool
        Which rows of ``fit_resample`` are synthetic. Absent after ``fit``.

    See Also
    --------
    GaussianAugmenter : The closed-form prior alone.
    MIGANAugmenter : The prior refined by an InfoGAN.

    Notes
    -----
    Further parameters work in every subclass whose ``__init__`` offers them: ``expansion``,
    ``marginals``, ``modalities``, ``pairing``, ``condition_sampling``,
    ``require_condition``, ``validation_fraction`` and ``verbose``. They are described in
    :class:`GaussianAugmenter`; the class attributes of their names are the defaults.
    """

    _parameter_constraints: dict[str, Any] = {  # noqa: RUF012 (scikit-learn's convention)
        **BaseOverSampler._parameter_constraints,
        "random_state": ["random_state"],
    }
    # A Pipeline reads the requests of both methods, and one call of
    # set_fit_resample_request is to be enough. As with splitters, groups are asked for.
    __metadata_request__fit: ClassVar[dict[str, bool]] = {"condition": True, "groups": True}
    __metadata_request__fit_resample: ClassVar[dict[str, bool]] = {"groups": True}

    expansion: Any = 1.0
    marginals: Any = "auto"
    modalities: Any = None
    pairing: Any = "generated"
    condition_sampling: Any = "gaussian"
    require_condition: Any = False
    validation_fraction: Any = 0.0
    verbose: Any = 0

    # Fitted state, as ``skmiaug.save`` checks it.
    classes_: np.ndarray
    sampling_strategy_: dict
    mutual_information_: float
    mutual_information_max_: float
    _seed: int
    _class_shares: np.ndarray
    _transform: ColumnTransform
    _generator: Any
    _dtype: np.dtype
    _column_dtypes: tuple[np.dtype, ...]
    _constants: dict[int, int]
    modalities_: Maybe[dict[str, np.ndarray]]
    n_condition_features_in_: Maybe[int]
    synthetic_mask_: Maybe[np.ndarray]
    condition_: Maybe[np.ndarray]
    _may_hold_nan = ("condition_",)

    def __init__(self, *, sampling_strategy: Any = "auto", random_state: Any = None):
        super().__init__(sampling_strategy=sampling_strategy)
        self.random_state = random_state

    @abstractmethod
    def _fit_generator(
        self,
        Z: np.ndarray,
        T: np.ndarray,
        *,
        rng: np.random.Generator,
        validation: np.ndarray,
    ) -> Generator:
        """Fit a generator of coordinates given targets: the method of a new augmenter.

        Parameters
        ----------
        Z : ndarray of shape (n, n_coordinates), float32
            Training rows. Their residuals from the class means have mean 0 and covariance
            I. It may be overwritten.
        T : ndarray of shape (n, n_targets), float32
            Target codes, one-hot.
        rng : numpy.random.Generator
            The only source of randomness.
        validation : ndarray of shape (n,), bool
            Rows to hold out, ``validation_fraction`` of each class and whole groups.

        Returns
        -------
        generator : Generator
        """

    # ---------------------------------------------------------------- public methods

    def fit(
        self, X: Any, y: Any, *, condition: Any = None, groups: Any = None
    ) -> "BaseAugmenter":
        """Fit to rows and classes; an error leaves the augmenter as it was.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            Numbers, finite, dense; with ``modalities`` a row may lack some of them. A numpy
            memory map is read in blocks.
        y : array-like of shape (n_samples,) or (n_samples, n_classes)
            Class labels, or one-hot columns; at least two classes.
        condition : array-like of shape (n_samples, n_condition_features), default=None
            A condition of each row, such as features of its text. A row that is all NaN
            has none.
        groups : array-like of shape (n_samples,), default=None
            Speakers, say: a group is held out as a whole, or not at all.

        Returns
        -------
        self : BaseAugmenter
        """
        self._validate_params()
        check_expected(self, "fit", condition)
        with whole_fit(self):
            self._fit(*self._read(X, y)[:2], condition, groups)
        return self

    def fit_resample(
        self, X: Any, y: Any, *, condition: Any = None, groups: Any = None
    ) -> tuple[Any, Any]:
        """Fit to rows and classes, and return them followed by synthetic ones.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_classes)
        condition : array-like of shape (n_samples, n_condition_features), default=None
        groups : array-like of shape (n_samples,), default=None
            As for ``fit``.

        Returns
        -------
        X_resampled, y_resampled
            Containers and types of ``X`` and ``y``; the given rows come first, unchanged
            and in their order. ``synthetic_mask_`` tells which are synthetic, and
            ``condition_`` holds their conditions.

        Raises
        ------
        ValueError
            ``X``, ``y`` or ``condition`` do not fit together, or a condition was expected
            and none came; see ``require_condition``.
        """
        self._validate_params()
        check_expected(self, "fit_resample", condition)
        with whole_fit(self):
            rows, indices, table, labels = self._read(X, y)
            condition = self._fit(rows, indices, condition, groups)
            X_new, y_new = self._resample(rows, indices, condition)
        return table.append(X_new), labels.append(y_new)

    def sample(
        self,
        n_samples: int = 1,
        y: Any = None,
        *,
        condition: Any = None,
        random_state: Any = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw new rows, others than those of ``fit_resample``.

        Parameters
        ----------
        n_samples : int, default=1
            Rows to generate.
        y : class or array of shape (n_samples,), default=None
            Class of the rows; None takes the shares of the training rows, or with a
            condition draws each class by its probability given the condition.
        condition : array-like of shape (n_samples, n_condition_features), default=None
            Condition of each row, for an augmenter that was fitted with one. None draws it
            as ``condition_sampling`` determines.
        random_state : int, RandomState instance or None, default=None
            Seed of the samples; None takes the augmenter's.

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
        same rows. For further rows pass another ``random_state``.

        The noise of the rows of a class that a call generates is centred (8,192 rows at a
        time), so that their mean is the mean of the class. A single row cannot be centred.
        """
        indices, rng, given = self._request(n_samples, y, condition, random_state)
        out = np.empty((len(indices), self.n_features_in_), dtype=self._dtype)
        self._generate(out, indices, rng, given)
        return out, self.classes_[indices]

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

        The rows are those of :meth:`sample`. 8,192 of them at a time are in memory, and the
        labels of all.

        Parameters
        ----------
        path : str or path-like
            The file of the rows; ``.npy`` is added where it lacks. Labels go to a file
            next to it whose name ends in ``_y.npy``.
        n_samples : int
            Rows to generate.
        y : class or array of shape (n_samples,), default=None
        condition : array-like of shape (n_samples, n_condition_features), default=None
        random_state : int, RandomState instance or None, default=None
            As for :meth:`sample`.

        Returns
        -------
        X : memmap of shape (n_samples, n_features)
            The file of the rows, opened for reading.
        y : ndarray of shape (n_samples,)

        Raises
        ------
        OSError
            The folder is absent or cannot be written to, one of the two names is that of a
            folder, or the disk has too little room for all rows: none is generated then.

        Notes
        -----
        Both files appear when the last row is written, in the place of older ones of
        their names. An error or Ctrl-C leaves no half-written file.
        """
        indices, rng, given = self._request(n_samples, y, condition, random_state)
        return write_rows(
            path,
            plain_labels(self.classes_)[indices],
            (len(indices), self.n_features_in_),
            self._dtype,
            lambda out: self._generate(out, indices, rng, given),
        )

    def impute(
        self, X: Any, y: Any = None, *, n_draws: int = 1, random_state: Any = None
    ) -> Any:
        """Fill in the modalities that rows lack, given those that they have.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            All columns of a missing modality are NaN.
        y : array-like of shape (n_samples,), default=None
            Classes of the rows. None draws the class of each row by its probability given
            the modalities that are there and the shares of the training rows.
        n_draws : int, default=1
            The mean of this many samples is filled in. One has the variance of real rows:
            for training. The mean of many is nearest to the missing values: for
            prediction.
        random_state : int, RandomState instance or None, default=None
            Seed of the samples; None takes the augmenter's.

        Returns
        -------
        X_filled
            In the container and type of ``X``; given values are unchanged.

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
        check_is_fitted(self, "_generator")
        _check_count("n_draws", n_draws)
        modalities = getattr(self, "modalities_", None)
        if modalities is None:
            raise ValueError(
                "impute needs to know which columns belong together. Set modalities, for "
                "example {'audio': slice(0, 768), 'text': slice(768, None)}, and fit again."
            )
        rows, table = read_rows(self, X, reset=False, ensure_all_finite="allow-nan")
        if not np.issubdtype(rows.dtype, np.floating):
            return X  # whole numbers have no NaN
        incomplete = missing_modalities(rows, modalities).any(axis=1)
        numbers = np.flatnonzero(incomplete)
        rng = self._rng(IMPUTE, random_state)
        given = self._transform.transform(rows[numbers])
        total = np.zeros((len(numbers), self.n_features_in_))
        sample = np.empty((len(numbers), self.n_features_in_), dtype=self._dtype)
        known = None if y is None else self._class_indices(y, len(rows))[numbers]
        for _ in range(int(n_draws)):
            indices = self._draw_classes(given, rng) if known is None else known
            self._generate(sample, indices, rng, given)
            total += sample
        filled = np.array(rows, dtype=np.float64)
        filled[numbers] = total / n_draws
        return table.fill(filled)

    # ---------------------------------------------------------------- fitting

    def _read(self, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray, TableLike, Any]:
        """Check rows and classes; set all fitted attributes that depend on nothing else."""
        # A missing modality is NaN, and checked later.
        finite = True if self.modalities is None else "allow-nan"
        rows, table = read_rows(self, X, reset=True, ensure_all_finite=finite)
        classes, indices, labels = read_labels(y)
        check_consistent_length(rows, indices)
        if len(classes) < 2:
            raise ValueError(
                "The target 'y' needs to have more than 1 class. Got "
                f"{len(classes)} class instead."
            )
        counts = np.bincount(indices, minlength=len(classes))
        self.classes_ = classes
        self._class_shares = counts / counts.sum()
        self.sampling_strategy_ = self._to_generate(counts, y)
        self._dtype = rows.dtype
        self._column_dtypes = tuple(table.dtypes)
        self._constants = dict(table.constants)
        single = classes[counts == 1]
        if len(single):
            warn_caller(
                f"Classes of a single row: {', '.join(map(str, single))}. Their samples "
                "are that row with noise scaled from the other classes; collect more rows "
                "or leave the class out of sampling_strategy.",
                TinyClassWarning,
            )
        return rows, indices, table, labels

    def _to_generate(self, counts: np.ndarray, y: Any = None) -> dict[Any, int]:
        """Return the rows to generate of each class: strategy, expansion and pairing."""
        if self.expansion != 1 and not isinstance(self.sampling_strategy, str):
            raise ValueError(
                "expansion grows every class to the same size, so sampling_strategy must "
                f"be text such as 'auto', got {self.sampling_strategy!r}. Leave expansion "
                "at 1, or name the wanted rows of each class in a dict."
            )
        wanted = wanted_counts(self.sampling_strategy, self.classes_, counts, y)
        keys = _keys(self.classes_)
        present = dict(zip(keys, counts.tolist(), strict=True))
        wanted = expanded_counts(wanted, present, self.expansion)
        if self.modalities is None or self.pairing == "generated":
            return wanted
        K = len(self.modalities)
        return {
            c: sum(job.n for job in combinations_of(K, n, wanted.get(c, 0)))
            for c, n in present.items()
        }

    def _fit(
        self, X: np.ndarray, indices: np.ndarray, condition: Any, groups: Any
    ) -> np.ndarray | None:
        """Fit the generator to checked rows; return the checked condition."""
        sources, condition = self._sources(X, indices, condition)
        with self._session(X, indices, condition) as seed:
            fitting = self._prepare(sources, indices, groups, seed)
            with self._phase("fitting the generator"):
                generator = self._fit_generator(
                    fitting.Z, fitting.T, rng=fitting.rng, validation=fitting.validation
                )
            self._finish(generator, fitting)
        return condition

    @contextmanager
    def _session(
        self, X: np.ndarray, indices: np.ndarray, condition: np.ndarray | None
    ) -> Iterator[int]:
        """Surround a fit, and yield its seed; a network needs more around it."""
        yield draw_seed(check_random_state(self.random_state))

    def _sources(
        self, X: np.ndarray, indices: np.ndarray, condition: Any
    ) -> tuple[list[tuple[np.ndarray, np.ndarray]], np.ndarray | None]:
        """Return the groups of columns, those of X first, and the checked condition."""
        for name in ("modalities_", "n_condition_features_in_", "condition_"):
            self.__dict__.pop(name, None)
        self.__dict__.pop("synthetic_mask_", None)
        if self.modalities is None and self.pairing != "generated":
            raise ValueError(
                f"pairing={self.pairing!r} combines modalities, and none are named. Set "
                "modalities, for example {'audio': slice(0, 768), 'text': slice(768, "
                "1152)}, or pairing='generated'."
            )
        if condition is not None and self.modalities is not None:
            raise ValueError(
                "Pass either a condition or modalities: with modalities, name the columns "
                "of the condition as one of them."
            )
        if self.modalities is not None:
            names = getattr(self, "feature_names_in_", None)
            self.modalities_ = resolve_modalities(self.modalities, X.shape[1], names)
            if len(self.modalities_) == 1:
                raise ValueError(
                    "modalities names a single one. Name at least two, or leave "
                    "modalities=None."
                )
            missing_modalities(X, self.modalities_)
            sources = [(X, columns) for columns in self.modalities_.values()]
        else:
            sources = [(X, np.arange(X.shape[1]))]
        if condition is not None:
            condition = check_condition(condition, len(X))
            self.n_condition_features_in_ = condition.shape[1]
            sources.append((condition, np.arange(condition.shape[1])))
        if len(sources) > 1:
            check_complete_rows(sources, indices, self.classes_)
        return sources, condition

    def _prepare(
        self,
        sources: list[tuple[np.ndarray, np.ndarray]],
        indices: np.ndarray,
        groups: Any,
        seed: int,
    ) -> Fitting:
        """Fit the column transform and decide which rows to hold out."""
        self._seed = seed
        rng = numpy_generator(seed, FIT)
        T = self._codes(indices)
        n_conditions = int(hasattr(self, "n_condition_features_in_"))
        with self._phase("fitting the column transform"):
            self._transform, Z = fit_columns(
                sources,
                T,
                marginals=self.marginals,
                n_generated=len(sources) - n_conditions,
            )
        if groups is not None:
            groups = np.asarray(groups)
            check_consistent_length(groups, indices)
        validation = validation_mask(indices, self.validation_fraction, rng, groups=groups)
        complete = np.flatnonzero(~np.isnan(Z).any(axis=1)) if len(sources) > 1 else None
        picked = subsample(indices if complete is None else indices[complete], rng)
        picked = picked if complete is None else complete[picked]
        real = np.array(Z[picked, : self._n_generated()]), indices[picked]
        return Fitting(Z, T, validation, rng, real)

    def _finish(self, generator: Generator, fitting: Fitting) -> None:
        """Keep the generator, and measure the information of its samples."""
        takes_given = "given" in signature(generator.sample).parameters
        if len(self._transform.groups) > 1 and not takes_given:
            raise TypeError(
                f"{type(self).__name__} supports neither modalities nor a condition: "
                "sample of its generator takes no 'given'. Use GaussianAugmenter or "
                "MIGANAugmenter, or fit without them."
            )
        self._generator = generator
        K = len(self.classes_)
        n = max(min(_MEASURED_ROWS, _ALL_MEASURED // K), _MIN_MEASURED)
        indices = np.repeat(np.arange(K), n)
        rng = numpy_generator(self._seed, MEASURE)
        with self._phase("measuring the information"):
            with self._sampling():
                samples = self._sample_coordinates(self._codes(indices), rng, None)
            information = classifier_information(
                *fitting.real, samples[:, : self._n_generated()], indices
            )
        self.mutual_information_ = information.value
        self.mutual_information_max_ = float(np.log(K))

    def _n_generated(self) -> int:
        """Coordinates that are generated, without those of a condition."""
        return sum(self._transform.widths[: self._transform.n_generated])

    def _codes(self, indices: np.ndarray) -> np.ndarray:
        """Return the target codes of class indices, one-hot (n, n_classes) float32."""
        T = np.zeros((len(indices), len(self.classes_)), dtype=np.float32)
        T[np.arange(len(indices)), indices] = 1.0
        return T

    # ---------------------------------------------------------------- sampling

    def _resample(
        self, X: np.ndarray, indices: np.ndarray, condition: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Generate the rows that ``sampling_strategy_`` asks for, with their classes."""
        counts = [self.sampling_strategy_.get(c, 0) for c in _keys(self.classes_)]
        new = np.repeat(np.arange(len(counts)), counts)
        out = np.empty((len(new), X.shape[1]), dtype=self._dtype)
        rng = numpy_generator(self._seed, RESAMPLE)
        mask = np.repeat([False, True], [len(X), len(new)])
        if condition is not None:
            drawn = np.empty((len(new), condition.shape[1]), dtype=condition.dtype)
            self._generate(out, new, rng, condition_out=drawn)
            self.condition_ = np.concatenate([condition, drawn])
        elif self.modalities is not None:
            mask = np.repeat(mask[:, None], len(self.modalities_), axis=1)
            if self.pairing == "all":
                self._combine(out, mask[len(X) :], X, indices, rng)
            else:
                self._generate(out, new, rng)
        else:
            self._generate(out, new, rng)
        self.synthetic_mask_ = mask
        return out, new

    def _combine(
        self,
        out: np.ndarray,
        mask: np.ndarray,
        X: np.ndarray,
        indices: np.ndarray,
        rng: np.random.Generator,
    ) -> None:
        """Fill ``out`` and ``mask`` with all combinations of real and generated parts."""
        columns = list(self.modalities_.values())
        begin = 0
        for c, key in enumerate(_keys(self.classes_)):
            real = X[indices == c]
            total = self.sampling_strategy_[key] + len(real)
            n_more = total // 2 ** len(columns) - len(real)
            for job in combinations_of(len(columns), len(real), n_more):
                rows = slice(begin, begin + job.n)
                begin += job.n
                self._combine_one(out[rows], job, real, c, rng)
                mask[rows] = [k in job.generated for k in range(len(columns))]

    def _combine_one(
        self,
        out: np.ndarray,
        job: Combination,
        real: np.ndarray,
        class_index: int,
        rng: np.random.Generator,
    ) -> None:
        classes = np.full(job.n, class_index)
        columns = list(self.modalities_.values())
        kept = [k for k in range(len(columns)) if k not in job.generated]
        if not kept:
            self._generate(out, classes, rng)
            return
        gaps = [np.isnan(real[:, columns[k]]).any(axis=1) for k in kept]
        usable = np.flatnonzero(~np.any(gaps, axis=0))
        # Each real row as often as any other.
        rounds = -(-job.n // len(usable))
        picked = np.concatenate([rng.permutation(usable) for _ in range(rounds)])[: job.n]
        given = self._transform.transform(real[picked])
        for k in job.generated:
            given[:, self._transform.span(k)] = np.nan
        given = self._generator.moved_to_means(given, self._codes(classes))
        self._generate(out, classes, rng, given)
        for k in kept:
            out[:, columns[k]] = real[picked][:, columns[k]]

    def _generate(
        self,
        out: np.ndarray,
        indices: np.ndarray,
        rng: np.random.Generator,
        given: np.ndarray | None = None,
        condition_out: np.ndarray | None = None,
    ) -> None:
        """Fill ``out`` (n, n_features) with rows of the classes ``indices``, in blocks.

        ``given``: coordinates with NaN in what is to be generated. ``condition_out``
        receives the conditions that were drawn.
        """
        name = f"{type(self).__name__}, sampling"
        shown = self.verbose > 0 and self._shows_progress()
        with (
            self._phase(f"sampling {len(out)} rows"),
            self._sampling(),
            ProgressBar(len(out), name, enabled=shown, unit="row") as bar,
        ):
            for rows in row_blocks(len(out), SAMPLED_ROWS):
                own = None if given is None else given[rows]
                Z = self._sample_coordinates(self._codes(indices[rows]), rng, own)
                self._transform.inverse_into(Z, out[rows])
                self._into_types(out[rows])
                if condition_out is not None:
                    condition_out[rows] = self._transform.inverse_condition(Z)
                bar.show(rows.stop)

    def _sample_coordinates(
        self, T: np.ndarray, rng: np.random.Generator, given: np.ndarray | None
    ) -> np.ndarray:
        if given is None:
            return self._generator.sample(T, rng=rng)
        return self._generator.sample(T, rng=rng, given=given)

    def _phase(self, name: str) -> Any:
        """Log the time of a phase, see ``skmiaug.utils._phases``."""
        return phase(type(self).__name__, name)

    def _sampling(self) -> Any:
        """Surround calls of the generator; a network visits its device."""
        return nullcontext()

    def _shows_progress(self) -> bool:
        """Return whether this process shows bars; one of several does."""
        return True

    def _into_types(self, rows: np.ndarray) -> None:
        """Round and clip the columns of a frame whose types differ, in place."""
        for k, dtype in enumerate(self._column_dtypes):
            if dtype != rows.dtype or k in self._constants:
                rows[:, k] = cast_column(rows[:, k], dtype, self._constants.get(k))

    def _request(
        self, n_samples: Any, y: Any, condition: Any, random_state: Any
    ) -> tuple[np.ndarray, np.random.Generator, np.ndarray | None]:
        """Check a request; return class indices, generator and given coordinates."""
        check_is_fitted(self, "_generator")
        _check_count("n_samples", n_samples)
        n = int(n_samples)
        rng = self._rng(SAMPLE, random_state)
        given = self._given_condition(condition, n)
        if given is not None and y is None:
            return self._draw_classes(given, rng), rng, given
        indices = requested_classes(n, y, self.classes_, self._class_shares)
        return indices, rng, given

    def _given_condition(self, condition: Any, n: int) -> np.ndarray | None:
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
            raise ValueError(
                "condition has NaN; sample needs the whole condition of each row. Leave "
                "these rows out."
            )
        group = self._transform.groups[-1]
        given = np.full((n, sum(self._transform.widths)), np.nan, dtype=np.float32)
        given[:, self._transform.span(len(self._transform.groups) - 1)] = group.whiten(rows)
        return given

    def _draw_classes(self, given: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw a class index for each row by its probability given some coordinates."""
        log_p = self._generator.target_log_density(given) + np.log(self._class_shares)
        return (log_p + rng.gumbel(size=log_p.shape)).argmax(axis=1)

    def _class_indices(self, y: Any, n: int) -> np.ndarray:
        labels, own, _ = read_labels(y)
        if len(own) != n:
            raise ValueError(
                f"y must have a class for each of the {n} rows, got {len(own)}."
            )
        return requested_classes(n, labels[own], self.classes_, self._class_shares)

    def _rng(self, stream: int, random_state: Any) -> np.random.Generator:
        """Return a generator for one purpose, anew where the seed was no int.

        Not that of the fit: ``fit_resample`` draws from it, and the same noise would give
        near copies of its samples.
        """
        if random_state is None and isinstance(self.random_state, Integral):
            seed = self._seed
        else:
            chosen = self.random_state if random_state is None else random_state
            seed = draw_seed(check_random_state(chosen))
        return numpy_generator(seed_of_stream(seed, stream), 0)

    # ---------------------------------------------------------------- state, tags

    def _check_state(self) -> None:
        """Refuse a saved state whose pieces do not belong together."""
        K, d = len(self.classes_), self.n_features_in_
        require_state(self.classes_.ndim == 1, "classes_")
        require_array("_class_shares", self._class_shares, (K,))
        require_state(self._class_shares.min() > 0, "_class_shares")
        require_state(abs(self._class_shares.sum() - 1) < 1e-6, "_class_shares")
        require_state(self._seed >= 0, "_seed")
        require_state(self._dtype.kind in "fiub", "_dtype")
        require_state(len(self._column_dtypes) == d, "_column_dtypes")
        require_state(all(t.kind in "fiub" for t in self._column_dtypes), "_column_dtypes")
        require_state(all(0 <= k < d for k in self._constants), "_constants")
        transform = self._transform
        own = [g.columns for g in transform.groups[: transform.n_generated]]
        covered = np.sort(np.concatenate(own))
        require_state(np.array_equal(covered, np.arange(d)), "_transform")
        names = getattr(self, "feature_names_in_", None)
        require_state(names is None or len(names) == d, "feature_names_in_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        return tags

    def _fit_resample(self, X: Any, y: Any, **params: Any) -> tuple[Any, Any]:
        """Stand in for imbalanced-learn's hook, which ``fit_resample`` does not need."""
        return self.fit_resample(X, y, **params)


def _keys(classes: np.ndarray) -> list[Any]:
    """Return class labels as keys of ``sampling_strategy_``."""
    # Of datetime64 in nanoseconds tolist makes integers.
    return list(classes) if classes.dtype.kind in "mM" else classes.tolist()


def _check_count(name: str, value: Any) -> None:
    if not isinstance(value, Integral) or value < 1:
        raise ValueError(f"{name} must be a whole number above 0, got {value!r}.")
