"""BaseAugmenter: checks, targets, column transform, sampling; generators plug in."""

import os
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from inspect import signature
from numbers import Integral
from typing import Any, ClassVar, Protocol

import numpy as np
from imblearn.over_sampling.base import BaseOverSampler
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted

from skmiaug.base import (
    EstimatorState,
    Maybe,
    read_rows,
    register_state,
    require_state,
    validation_mask,
)
from skmiaug.over_sampling._pairing import combined_counts, parts_of
from skmiaug.over_sampling.columns._covariates import (
    CovariateEffects,
    WithoutEffects,
    fit_effects,
    requested_levels,
)
from skmiaug.over_sampling.columns._groups import (
    check_combination,
    check_complete_rows,
    check_condition,
    check_expected,
    checked_modalities,
    given_condition,
    missing_modalities,
    refuse_incomplete,
)
from skmiaug.over_sampling.columns._transform import ColumnTransform, fit_columns
from skmiaug.over_sampling.targets import (
    ATTRIBUTE_STRATEGIES,
    TARGET_TYPES,
    ClassTarget,
    Target,
    plain_labels,
    read_target,
    subsample,
)
from skmiaug.utils._fit import ProgressBar, phase, whole_fit
from skmiaug.utils._random import draw_seed, numpy_generator, seed_of_stream
from skmiaug.utils.files._memory_map import NpyFile, new_npy_files, npy_path
from skmiaug.utils.tables._labels import read_groups, read_labels
from skmiaug.utils.tables._row_blocks import SAMPLED_ROWS, row_blocks
from skmiaug.utils.tables._tables import TableLike, cast_column

for _part in (*TARGET_TYPES.values(), CovariateEffects):
    register_state(_part)

# Independent streams of randomness that one seed has: another number, other samples.
FIT, RESAMPLE, MEASURE, PLAN, COVARIATES = range(5)
# Of the seeds from which ``sample`` and ``impute`` draw.
SAMPLE, IMPUTE = 8, 9
_OF_ONE_FIT = (
    "modalities_",
    "n_condition_features_in_",
    "condition_",
    "covariates_resampled_",
    "synthetic_mask_",
)
GIVEN_BANDWIDTHS = {"rows": 0.0, "noise": 0.5, "gaussian": 1.0}


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


class BaseAugmenter(EstimatorState, BaseOverSampler):
    """Base of the over-samplers that draw rows from a fitted generator.

    It checks the input, turns classes into target codes T and columns into whitened
    coordinates Z, asks :meth:`_fit_generator` for a generator, decides which rows to
    generate, and gives samples back in the columns and containers of the input. See the
    user guide, "Write your own augmenter".

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        As in imbalanced-learn; see :class:`GaussianAugmenter` for other target types.
    random_state : int, RandomState instance or None, default=None
        One integer drawn from it seeds everything.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Classes or labels; absent for attributes.
    attribute_names_ : ndarray of shape (n_attributes,)
        Only with ``target_type="continuous"``.
    sampling_strategy_ : dict
        Rows to generate of each class.
    n_features_in_, feature_names_in_
        As in scikit-learn.
    mutual_information_ : float
        Lower bound of I(c; x̂) of balanced generated rows, nats, by a classifier that was
        fitted to real rows.
    mutual_information_max_ : float
        Its upper bound; ln(n_classes) for one class a row.
    synthetic_mask_ : ndarray of shape (n_rows_returned,), bool
        Which rows of ``fit_resample`` are synthetic. Absent after ``fit``.

    See Also
    --------
    GaussianAugmenter : The closed-form prior alone.
    MIGANAugmenter : The prior refined by an InfoGAN.

    Notes
    -----
    Further parameters work in every subclass whose ``__init__`` offers them:
    ``target_type``, ``n_raters``, ``expansion``, ``marginals``, ``modalities``,
    ``pairing``, ``condition_sampling``, ``require_condition``, ``validation_fraction`` and
    ``verbose``. They are described in :class:`GaussianAugmenter`; the class attributes of
    their names are the defaults.
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **BaseOverSampler._parameter_constraints,
        "sampling_strategy": [
            *BaseOverSampler._parameter_constraints["sampling_strategy"],
            StrOptions(set(ATTRIBUTE_STRATEGIES)),
        ],
        "random_state": ["random_state"],
    }
    # A Pipeline reads the requests of both methods, and one call of
    # set_fit_resample_request is to be enough. As with splitters, groups are asked for.
    __metadata_request__fit: ClassVar[dict[str, bool]] = {
        "condition": True,
        "covariates": True,
        "groups": True,
    }
    __metadata_request__fit_resample: ClassVar[dict[str, bool]] = {"groups": True}

    target_type: Any = "multiclass"
    n_raters: Any = "auto"
    expansion: Any = 1.0
    marginals: Any = "auto"
    modalities: Any = None
    pairing: Any = "generated"
    condition_sampling: Any = "gaussian"
    require_condition: Any = False
    validation_fraction: Any = 0.0
    verbose: Any = 0

    # Fitted state, as ``skmiaug.save`` checks it.
    classes_: Maybe[np.ndarray]
    attribute_names_: Maybe[np.ndarray]
    sampling_strategy_: dict
    mutual_information_: float
    mutual_information_max_: float | None
    _seed: int
    _target: Target
    _transform: ColumnTransform
    _generator: Any
    _dtype: np.dtype
    # Columns that are not of the type of the rows, or whole numbers that are all equal
    _casts: dict[int, tuple[np.dtype, int | None]]
    modalities_: Maybe[dict[str, np.ndarray]]
    n_condition_features_in_: Maybe[int]
    synthetic_mask_: Maybe[np.ndarray]
    condition_: Maybe[np.ndarray]
    covariates_resampled_: Maybe[np.ndarray]
    _effects: CovariateEffects | None
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
        groups: np.ndarray | None,
    ) -> Generator:
        """Fit a generator of coordinates given targets: the method of a new augmenter.

        Parameters
        ----------
        Z : ndarray of shape (n, n_coordinates), float32
            Training rows. Their residuals from the class means have mean 0 and covariance
            I. It may be overwritten.
        T : ndarray of shape (n, n_targets), float32
            Target codes: one-hot classes, vote shares, or the codes of label sets and
            attributes. None is negative, and those of a row sum to 1.
        rng : numpy.random.Generator
            The only source of randomness.
        validation : ndarray of shape (n,), bool
            Rows to hold out, ``validation_fraction`` of each class (or of the rows that
            share their leading class, rarest label, or fifth of the first attribute), and
            whole groups.
        groups : ndarray of shape (n,) or None
            Group of each row, to be kept whole in further splits.

        Returns
        -------
        generator : Generator
        """

    # ---------------------------------------------------------------- public methods

    def fit(
        self,
        X: Any,
        y: Any,
        *,
        condition: Any = None,
        covariates: Any = None,
        groups: Any = None,
    ) -> "BaseAugmenter":
        """Fit to rows and classes; an error leaves the augmenter as it was.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            Numbers, finite, dense; with ``modalities`` a row may lack some of them. A numpy
            memory map is read in blocks.
        y : array-like of shape (n_samples,) or (n_samples, n_columns)
            Class labels, or one-hot columns; at least two classes. Other types of targets
            as set by ``target_type``.
        condition : array-like of shape (n_samples, n_condition_features), default=None
            A condition of each row, such as features of its text. A row that is all NaN
            has none.
        covariates : array-like of shape (n_samples,) or (n_samples, n_covariates), \
                default=None
            What else the rows depend on, such as speaker, gender or corpus: a level of each
            for every row. Their effects are estimated together with those of the target,
            shrunken, and taken away before the generator is fitted; synthetic rows get
            those of the levels that they are drawn for.
        groups : array-like of shape (n_samples,), default=None
            Speakers, say: a group is held out as a whole, or not at all.

        Returns
        -------
        self : BaseAugmenter
        """
        self._validate_params()
        check_expected(self, "fit", condition, covariates)
        with whole_fit(self):
            self._fit(*self._read(X, y)[:2], condition, covariates, groups)
        return self

    def fit_resample(
        self,
        X: Any,
        y: Any,
        *,
        condition: Any = None,
        covariates: Any = None,
        groups: Any = None,
    ) -> tuple[Any, Any]:
        """Fit to rows and classes, and return them followed by synthetic ones.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_columns)
        condition : array-like of shape (n_samples, n_condition_features), default=None
        covariates : array-like of shape (n_samples,) or (n_samples, n_covariates), \
                default=None
        groups : array-like of shape (n_samples,), default=None
            As for ``fit``. Synthetic rows are drawn for the combinations of covariates that
            rows have, so that each class has all of them as evenly as it can.

        Returns
        -------
        X_resampled, y_resampled
            Containers and types of ``X`` and ``y``; the given rows come first, unchanged
            and in their order. ``synthetic_mask_`` tells which are synthetic, and
            ``condition_`` and ``covariates_resampled_`` hold their conditions and
            covariates.

        Raises
        ------
        ValueError
            ``X``, ``y`` or ``condition`` do not fit together, or a condition was expected
            and none came; see ``require_condition``.
        """
        self._validate_params()
        check_expected(self, "fit_resample", condition, covariates)
        with whole_fit(self):
            rows, targets, table, container = self._read(X, y)
            condition = self._fit(rows, targets, condition, covariates, groups)
            X_new, new = self._resample(rows, targets, condition)
        return table.append(X_new), container.append(new)

    def sample(
        self,
        n_samples: int = 1,
        y: Any = None,
        *,
        condition: Any = None,
        covariates: Any = None,
        random_state: Any = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw new rows, others than those of ``fit_resample``.

        Parameters
        ----------
        n_samples : int, default=1
            Rows to generate.
        y : target, array of targets or dict, default=None
            A class or an array of classes of shape (n_samples,). For other target types
            one target (n_columns,), an array (n_samples, n_columns), a class or label, or
            conditions by name such as ``{"activation": (6, 7)}``: targets are then those
            of training rows that meet all of them, or near these. None takes the targets
            of the training rows, or with a condition draws each class by its probability
            given the condition.
        condition : array-like of shape (n_samples, n_condition_features), default=None
            Condition of each row, for an augmenter that was fitted with one. None draws it
            as ``condition_sampling`` determines.
        covariates : level or array-like of shape (n_samples, n_covariates), default=None
            Levels of one for all rows, or of each, for an augmenter that was fitted with
            covariates; a level of None is a new one, such as a speaker who is not among the
            training rows. None takes the levels of training rows.
        random_state : int, RandomState instance or None, default=None
            Seed of the samples; None takes the augmenter's.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            Of the type of the training rows.
        y : ndarray of shape (n_samples,) or (n_samples, n_columns)

        Raises
        ------
        ValueError
            ``y`` or ``condition`` is of another length, or has an unknown class; no
            training row meets the conditions, or attributes are outside of their range.

        Notes
        -----
        With an int, here or as the augmenter's ``random_state``, the same call gives the
        same rows. For further rows pass another ``random_state``.

        The noise of the rows of a class that a call generates is centred (8,192 rows at a
        time), so that their mean is the mean of the class. A single row cannot be centred.
        """
        request = self._request(n_samples, y, condition, covariates, random_state)
        out = np.empty((len(request[0]), self.n_features_in_), dtype=self._dtype)
        self._generate(out, *request)
        return out, self._target.given_back(request[0])

    def sample_to(
        self,
        path: str | os.PathLike[str],
        n_samples: int,
        y: Any = None,
        *,
        condition: Any = None,
        covariates: Any = None,
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
        y : target, array of targets or dict, default=None
        condition : array-like of shape (n_samples, n_condition_features), default=None
        covariates : level or array-like of shape (n_samples, n_covariates), default=None
        random_state : int, RandomState instance or None, default=None
            As for :meth:`sample`.

        Returns
        -------
        X : memmap of shape (n_samples, n_features)
            The file of the rows, opened for reading.
        y : ndarray of shape (n_samples,) or (n_samples, n_columns)

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
        request = self._request(n_samples, y, condition, covariates, random_state)
        target = self._target
        if self.target_type == "multiclass":
            target = replace(target, names=plain_labels(target.names))
        y = target.given_back(request[0])
        rows, shape = npy_path(path), (len(y), self.n_features_in_)
        beside = rows.with_name(f"{rows.stem}_y.npy")
        # The rows last: where they are, their labels are.
        files = NpyFile(beside, y.shape, y.dtype), NpyFile(rows, shape, self._dtype)
        with new_npy_files(files) as (labels, out):
            labels[...] = y
            self._generate(out, *request)
        return np.load(rows, mmap_mode="r"), np.load(beside)

    def impute(
        self,
        X: Any,
        y: Any = None,
        *,
        covariates: Any = None,
        n_draws: int = 1,
        random_state: Any = None,
    ) -> Any:
        """Fill in the modalities that rows lack, given those that they have.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            All columns of a missing modality are NaN.
        y : array-like of shape (n_samples,) or (n_samples, n_columns), default=None
            Classes of the rows, or other targets. None draws the class of each row by its
            probability given the modalities that are there and the shares of the training
            rows; only with ``target_type="multiclass"``.
        covariates : level or array-like of shape (n_samples, n_covariates), default=None
            Of the rows, as for :meth:`sample`, for an augmenter that was fitted with them.
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
        levels = requested_levels(self._effects, covariates, len(rows), rng, needed=True)
        effects: Any = 0.0
        if self._effects is not None and levels is not None:
            effects = self._effects.of(levels, rng)[numbers]
        given = self._transform.transform(rows[numbers] - effects)
        total = np.zeros((len(numbers), self.n_features_in_))
        sample = np.empty((len(numbers), self.n_features_in_), dtype=self._dtype)
        known = None if y is None else self._targets_of(y, len(rows), rng)[numbers]
        for _ in range(int(n_draws)):
            targets = self._draw_classes(given, rng) if known is None else known
            self._generate(sample, targets, rng, given)
            total += sample + effects
        filled = np.array(rows, dtype=np.float64)
        filled[numbers] = total / n_draws
        return table.fill(filled)

    # ---------------------------------------------------------------- fitting

    def _read(self, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray, TableLike, Any]:
        """Check rows and targets; set all fitted attributes that depend on nothing else."""
        # A missing modality is NaN, and checked later.
        finite = True if self.modalities is None else "allow-nan"
        rows, table = read_rows(self, X, reset=True, ensure_all_finite=finite)
        self._target, values, container = read_target(
            self.target_type, y, rows, n_raters=self.n_raters
        )
        for name in ("classes_", "attribute_names_"):
            self.__dict__.pop(name, None)
        is_continuous = self.target_type == "continuous"
        name = "attribute_names_" if is_continuous else "classes_"
        setattr(self, name, self._target.names)
        wanted = self._target.plan(self.sampling_strategy, self.expansion, y)
        if self.modalities is not None and self.pairing == "all":
            if not isinstance(self._target, ClassTarget):
                raise ValueError(
                    "pairing='all' combines the rows of a class, and target_type="
                    f"{self.target_type!r} has none. Set pairing='generated'."
                )
            wanted = combined_counts(self._target, len(self.modalities), wanted)
        self.sampling_strategy_ = wanted
        self._dtype = rows.dtype
        self._casts = {
            k: (dtype, table.constants.get(k))
            for k, dtype in enumerate(table.dtypes)
            if dtype != rows.dtype or k in table.constants
        }
        return rows, values, table, container

    def _fit(
        self,
        X: np.ndarray,
        targets: np.ndarray,
        condition: Any,
        covariates: Any,
        groups: Any,
    ) -> np.ndarray | None:
        """Fit the generator to checked rows; return the checked condition."""
        sources, condition = self._sources(X, targets, condition, covariates)
        with self._session(X, targets, condition) as seed:
            Z, T, options, real = self._prepare(sources, targets, groups, seed)
            with self._phase("fitting the generator"):
                generator = self._fit_generator(Z, T, **options)
            self._finish(generator, real)
        return condition

    @contextmanager
    def _session(
        self, X: np.ndarray, targets: np.ndarray, condition: np.ndarray | None
    ) -> Iterator[int]:
        """Surround a fit, and yield its seed; a network needs more around it."""
        yield draw_seed(check_random_state(self.random_state))

    def _sources(
        self, X: np.ndarray, targets: np.ndarray, condition: Any, covariates: Any
    ) -> tuple[list[tuple[Any, np.ndarray]], np.ndarray | None]:
        """Return the groups of columns, those of X first, and the checked condition."""
        for name in _OF_ONE_FIT:
            self.__dict__.pop(name, None)
        check_combination(self, condition, covariates)
        sources: list[tuple[Any, np.ndarray]] = [(X, np.arange(X.shape[1]))]
        if self.modalities is not None:
            names = getattr(self, "feature_names_in_", None)
            self.modalities_ = checked_modalities(self.modalities, X, names)
            sources = [(X, columns) for columns in self.modalities_.values()]
        if condition is not None:
            condition = check_condition(condition, len(X))
            self.n_condition_features_in_ = condition.shape[1]
            sources.append((condition, np.arange(condition.shape[1])))
        if len(sources) > 1:
            one = np.zeros(len(X), dtype=np.intp), np.array(["all rows"])
            of_class = self.target_type == "multiclass"
            check_complete_rows(sources, *((targets, self.classes_) if of_class else one))
        self._effects = None
        if covariates is not None:
            if self.modalities is not None:
                refuse_incomplete(X, self.modalities_)
            self._effects = fit_effects(X, self._target.codes(targets), covariates)
            rest = WithoutEffects(X, self._effects)
            sources = [(rest if rows is X else rows, own) for rows, own in sources]
        return sources, condition

    def _prepare(
        self,
        sources: list[tuple[Any, np.ndarray]],
        targets: np.ndarray,
        groups: Any,
        seed: int,
    ) -> tuple[np.ndarray, np.ndarray, dict[str, Any], tuple[np.ndarray, np.ndarray]]:
        """Fit the column transform and decide which rows to hold out.

        Returns Z, T and what else ``_fit_generator`` takes, and some rows of Z with their
        targets, to measure samples with.
        """
        self._seed = seed
        rng = numpy_generator(seed, FIT)
        groups = read_groups(groups, len(targets))
        T, strata = self._target.codes(targets), self._target.strata(targets)
        n_conditions = int(hasattr(self, "n_condition_features_in_"))
        with self._phase("fitting the column transform"):
            self._transform, Z = fit_columns(
                sources,
                T,
                marginals=self.marginals,
                n_generated=len(sources) - n_conditions,
            )
        validation = validation_mask(strata, self.validation_fraction, rng, groups=groups)
        complete = np.arange(len(Z))
        if len(sources) > 1:
            complete = np.flatnonzero(~np.isnan(Z).any(axis=1))
        picked = complete[subsample(strata[complete], rng)]
        real = np.array(Z[picked, : self._n_generated()]), targets[picked]
        return Z, T, {"rng": rng, "validation": validation, "groups": groups}, real

    def _finish(self, generator: Generator, real: tuple[np.ndarray, np.ndarray]) -> None:
        """Keep the generator, and measure the information of its samples."""
        takes_given = "given" in signature(generator.sample).parameters
        if len(self._transform.groups) > 1 and not takes_given:
            raise TypeError(
                f"{type(self).__name__} supports neither modalities nor a condition: "
                "sample of its generator takes no 'given'. Use GaussianAugmenter or "
                "MIGANAugmenter, or fit without them."
            )
        self._generator = generator
        rng = numpy_generator(self._seed, MEASURE)
        targets = self._target.balanced(rng)
        with self._phase("measuring the information"):
            with self._sampling():
                samples = generator.sample(self._target.codes(targets), rng=rng)
            information = self._target.information(
                *real, samples[:, : self._n_generated()], targets
            )
        self.mutual_information_ = information.value
        maximum = information.maximum
        self.mutual_information_max_ = maximum if np.isfinite(maximum) else None

    def _n_generated(self) -> int:
        """Coordinates that are generated, without those of a condition."""
        return sum(self._transform.widths[: self._transform.n_generated])

    # ---------------------------------------------------------------- sampling

    def _resample(
        self, X: np.ndarray, targets: np.ndarray, condition: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Generate the rows that ``sampling_strategy_`` asks for, with their targets."""
        plan_rng = numpy_generator(self._seed, PLAN)
        new = self._target.draw(self.sampling_strategy_, plan_rng)
        out = np.empty((len(new), X.shape[1]), dtype=self._dtype)
        rng = numpy_generator(self._seed, RESAMPLE)
        mask = np.repeat([False, True], [len(X), len(new)])
        if self.modalities is not None:
            mask = np.repeat(mask[:, None], len(self.modalities_), axis=1)
        levels, drawn = None, None
        if self._effects is not None:
            strata = self._target.strata(targets), self._target.strata(new)
            own = numpy_generator(self._seed, COVARIATES)
            levels = self._effects.fill_evenly(*strata, own)
            both = np.concatenate([self._effects.rows, levels])
            self.covariates_resampled_ = self._effects.given_back(both)
        if condition is not None:
            drawn = np.empty((len(new), condition.shape[1]), dtype=condition.dtype)
        if self.pairing == "all":
            self._combine(out, mask[len(X) :], X, targets, rng)
        else:
            self._generate(out, new, rng, levels=levels, condition_out=drawn)
        if condition is not None:
            self.condition_ = np.concatenate([condition, drawn])
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
        columns, target = list(self.modalities_.values()), self._target
        assert isinstance(target, ClassTarget)
        begin = 0
        for c, job, real in parts_of(
            X, indices, columns, self.sampling_strategy_, target, rng
        ):
            rows, classes, given = slice(begin, begin + job.n), np.full(job.n, c), None
            begin = rows.stop
            if len(real):
                given = self._transform.transform(real)
                for k in job.generated:
                    given[:, self._transform.span(k)] = np.nan
                given = self._generator.moved_to_means(given, target.codes(classes))
            self._generate(out[rows], classes, rng, given)
            for k in set(range(len(columns))) - set(job.generated):
                out[rows, columns[k]] = real[:, columns[k]]
                mask[rows, k] = False

    def _generate(
        self,
        out: np.ndarray,
        targets: np.ndarray,
        rng: np.random.Generator,
        given: np.ndarray | None = None,
        levels: np.ndarray | None = None,
        condition_out: np.ndarray | None = None,
    ) -> None:
        """Fill ``out`` (n, n_features) with rows of these targets, in blocks.

        ``given``: coordinates with NaN in what is to be generated. ``levels``: of
        covariates. ``condition_out`` receives the conditions that were drawn.
        """
        name = f"{type(self).__name__}, sampling"
        shown = self.verbose > 0 and self._shows_progress()
        with (
            self._phase(f"sampling {len(out)} rows"),
            self._sampling(),
            ProgressBar(len(out), name, enabled=shown, unit="row") as bar,
        ):
            for rows in row_blocks(len(out), SAMPLED_ROWS):
                T = self._target.codes(targets[rows])
                own = {} if given is None else {"given": given[rows]}
                Z = self._generator.sample(T, rng=rng, **own)
                if levels is None or self._effects is None:
                    self._transform.inverse_into(Z, out[rows])
                else:
                    X = self._effects.of(levels[rows], rng)
                    self._transform.inverse_into(Z, plain := np.empty_like(X))
                    out[rows] = cast_column(X + plain, self._dtype)
                for k, cast in self._casts.items():
                    out[rows, k] = cast_column(out[rows, k], *cast)
                if condition_out is not None:
                    condition_out[rows] = self._transform.inverse_condition(Z)
                bar.show(rows.stop)

    def _phase(self, name: str) -> Any:
        """Log the time of a phase, see ``skmiaug.utils._fit``."""
        return phase(type(self).__name__, name)

    def _sampling(self) -> Any:
        """Surround calls of the generator; a network visits its device."""
        return nullcontext()

    def _shows_progress(self) -> bool:
        """Return whether this process shows bars; one of several does."""
        return True

    def _request(
        self, n_samples: Any, y: Any, condition: Any, covariates: Any, random_state: Any
    ) -> tuple[np.ndarray, np.random.Generator, np.ndarray | None, np.ndarray | None]:
        """Check a request; return targets, generator, given coordinates and levels."""
        check_is_fitted(self, "_generator")
        _check_count("n_samples", n_samples)
        n = int(n_samples)
        rng = self._rng(SAMPLE, random_state)
        width = getattr(self, "n_condition_features_in_", None)
        given = given_condition(condition, n, width, self._transform)
        if given is not None and y is None:
            targets = self._draw_classes(given, rng)
        else:
            targets = self._target.requested(n, y, rng)
        return targets, rng, given, requested_levels(self._effects, covariates, n, rng)

    def _draw_classes(self, given: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw a class index for each row by its probability given some coordinates."""
        if not isinstance(self._target, ClassTarget):
            raise ValueError(
                "The target of a row is drawn by its probability only for classes, and the "
                f"augmenter has target_type={self.target_type!r}. Pass y."
            )
        log_p = self._generator.target_log_density(given) + np.log(self._target.shares)
        return (log_p + rng.gumbel(size=log_p.shape)).argmax(axis=1)

    def _targets_of(self, y: Any, n: int, rng: np.random.Generator) -> np.ndarray:
        """Return the targets of n rows that are passed in any container."""
        if self.target_type == "multiclass":
            labels, own, _ = read_labels(y)
            y = labels[own]
        if len(y) != n:
            raise ValueError(
                f"y must have a target for each of the {n} rows, got {len(y)}."
            )
        return self._target.requested(n, y, rng)

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
        d, kind = self.n_features_in_, TARGET_TYPES[self.target_type]
        require_state(type(self._target) is kind, "_target")
        is_continuous = self.target_type == "continuous"
        names = vars(self).get("attribute_names_" if is_continuous else "classes_")
        known = self._target.names.tolist()
        require_state(names is not None and names.tolist() == known, "names")
        require_state(self._seed >= 0, "_seed")
        require_state(self._dtype.kind in "fiub", "_dtype")
        require_state(all(0 <= k < d for k in self._casts), "_casts")
        require_state(all(t.kind in "fiub" for t, _ in self._casts.values()), "_casts")
        transform = self._transform
        own = [g.columns for g in transform.groups[: transform.n_generated]]
        covered = np.sort(np.concatenate(own))
        # d is any number, and the array of as many only taken if it fits.
        fits = len(covered) == d and np.array_equal(covered, np.arange(d))
        require_state(fits, "_transform")
        names = getattr(self, "feature_names_in_", None)
        require_state(names is None or len(names) == d, "feature_names_in_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        return tags

    def _fit_resample(self, X: Any, y: Any, **params: Any) -> tuple[Any, Any]:
        """Stand in for imbalanced-learn's hook, which ``fit_resample`` does not need."""
        return self.fit_resample(X, y, **params)


def _check_count(name: str, value: Any) -> None:
    if not isinstance(value, Integral) or value < 1:
        raise ValueError(f"{name} must be a whole number above 0, got {value!r}.")
