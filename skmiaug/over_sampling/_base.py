"""BaseAugmenter: checks, targets, column transform, sampling; generators plug in."""

import os
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from inspect import signature
from numbers import Integral
from typing import Any, ClassVar

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
from skmiaug.over_sampling._generator import Fitting, Generator
from skmiaug.over_sampling._pairing import combinations_of, parts_of
from skmiaug.over_sampling._rows_file import write_rows
from skmiaug.over_sampling._streams import (
    COVARIATES,
    FIT,
    IMPUTE,
    MEASURE,
    PLAN,
    RESAMPLE,
    SAMPLE,
)
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
    Target,
    class_keys,
    plain_labels,
    read_target,
    subsample,
)
from skmiaug.utils._fit import ProgressBar, phase, whole_fit
from skmiaug.utils._random import draw_seed, numpy_generator, seed_of_stream
from skmiaug.utils.tables._labels import read_groups, read_labels
from skmiaug.utils.tables._row_blocks import SAMPLED_ROWS, row_blocks
from skmiaug.utils.tables._tables import TableLike, cast_column

for _part in (*TARGET_TYPES.values(), CovariateEffects):
    register_state(_part)

_OF_ONE_FIT = (
    "modalities_",
    "n_condition_features_in_",
    "condition_",
    "covariates_resampled_",
    "_effects",
    "synthetic_mask_",
)
GIVEN_BANDWIDTHS = {"rows": 0.0, "noise": 0.5, "gaussian": 1.0}


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

    _parameter_constraints: dict[str, Any] = {  # noqa: RUF012 (scikit-learn's convention)
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
    _target: Any
    _transform: ColumnTransform
    _generator: Any
    _dtype: np.dtype
    _column_dtypes: tuple[np.dtype, ...]
    _constants: dict[int, int]
    modalities_: Maybe[dict[str, np.ndarray]]
    n_condition_features_in_: Maybe[int]
    synthetic_mask_: Maybe[np.ndarray]
    condition_: Maybe[np.ndarray]
    covariates_resampled_: Maybe[np.ndarray]
    _effects: Maybe[CovariateEffects]
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
            self._fit(*self._read(X, y)[:2], condition, groups, covariates)
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
            condition = self._fit(rows, targets, condition, groups, covariates)
            X_new, y_new = self._resample(rows, targets, condition)
        return table.append(X_new), container.append(y_new)

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
        return out, self._target.given_back(request[0], self._names)

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
        of_class = self.target_type == "multiclass"
        names = plain_labels(self._names) if of_class else self._names
        return write_rows(
            path,
            self._target.given_back(request[0], names),
            (len(request[0]), self.n_features_in_),
            self._dtype,
            lambda out: self._generate(out, *request),
        )

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
        effects = self._effects_of(covariates, len(rows), rng)[numbers]
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
        target, values, names, container = read_target(
            self.target_type, y, rows, n_raters=self.n_raters
        )
        for name in ("classes_", "attribute_names_"):
            self.__dict__.pop(name, None)
        is_continuous = self.target_type == "continuous"
        setattr(self, "attribute_names_" if is_continuous else "classes_", names)
        self._target = target
        self.sampling_strategy_ = self._to_generate(target, y)
        self._dtype = rows.dtype
        self._column_dtypes = tuple(table.dtypes)
        self._constants = dict(table.constants)
        return rows, values, table, container

    def _to_generate(self, target: Target, y: Any) -> dict[Any, int]:
        """Return the rows to generate of each class: strategy, expansion and pairing."""
        wanted = target.plan(self.sampling_strategy, self.expansion, self._names, y)
        if self.modalities is None or self.pairing == "generated":
            return wanted
        if self.target_type != "multiclass":
            raise ValueError(
                "pairing='all' combines the rows of a class, and target_type="
                f"{self.target_type!r} has none. Set pairing='generated'."
            )
        K, present = len(self.modalities), self._target.present.tolist()
        return {
            c: sum(job.n for job in combinations_of(K, n, wanted.get(c, 0)))
            for c, n in zip(class_keys(self.classes_), present, strict=True)
        }

    @property
    def _names(self) -> np.ndarray:
        """Classes, labels or attributes."""
        is_continuous = self.target_type == "continuous"
        return self.attribute_names_ if is_continuous else self.classes_

    def _fit(
        self,
        X: np.ndarray,
        targets: np.ndarray,
        condition: Any,
        groups: Any,
        covariates: Any = None,
    ) -> np.ndarray | None:
        """Fit the generator to checked rows; return the checked condition."""
        sources, condition = self._sources(X, targets, condition, covariates)
        with self._session(X, targets, condition) as seed:
            fitting = self._prepare(sources, targets, groups, seed)
            with self._phase("fitting the generator"):
                generator = self._fit_generator(
                    fitting.Z,
                    fitting.T,
                    rng=fitting.rng,
                    validation=fitting.validation,
                    groups=fitting.groups,
                )
            self._finish(generator, fitting)
        return condition

    @contextmanager
    def _session(
        self, X: np.ndarray, targets: np.ndarray, condition: np.ndarray | None
    ) -> Iterator[int]:
        """Surround a fit, and yield its seed; a network needs more around it."""
        yield draw_seed(check_random_state(self.random_state))

    def _sources(
        self, X: np.ndarray, targets: np.ndarray, condition: Any, covariates: Any = None
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
        if covariates is not None:
            if self.modalities is not None:
                refuse_incomplete(X, self.modalities_)
            self._effects = fit_effects(X, self._target.codes(targets), covariates)
            rest = WithoutEffects(X, self._effects)
            sources = [(rest if rows is X else rows, own) for rows, own in sources]
        return sources, condition

    def _prepare(
        self,
        sources: list[tuple[np.ndarray, np.ndarray]],
        targets: np.ndarray,
        groups: Any,
        seed: int,
    ) -> Fitting:
        """Fit the column transform and decide which rows to hold out."""
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
        complete = np.flatnonzero(~np.isnan(Z).any(axis=1)) if len(sources) > 1 else None
        picked = subsample(strata if complete is None else strata[complete], rng)
        picked = picked if complete is None else complete[picked]
        real = np.array(Z[picked, : self._n_generated()]), targets[picked]
        return Fitting(Z, T, validation, groups, rng, real)

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
        rng = numpy_generator(self._seed, MEASURE)
        targets = self._target.balanced(rng)
        with self._phase("measuring the information"):
            with self._sampling():
                samples = self._sample_coordinates(self._target.codes(targets), rng, None)
            information = self._target.information(
                *fitting.real, samples[:, : self._n_generated()], targets
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
        new = self._target.draw(
            self.sampling_strategy_, self._names, numpy_generator(self._seed, PLAN)
        )
        out = np.empty((len(new), X.shape[1]), dtype=self._dtype)
        rng = numpy_generator(self._seed, RESAMPLE)
        mask = np.repeat([False, True], [len(X), len(new)])
        if self.modalities is not None:
            mask = np.repeat(mask[:, None], len(self.modalities_), axis=1)
        levels, drawn = None, None
        if hasattr(self, "_effects"):
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
        columns = list(self.modalities_.values())
        present = self._target.present.tolist()
        total = zip(class_keys(self.classes_), present, strict=True)
        n_more = [
            (self.sampling_strategy_[c] + n) // 2 ** len(columns) - n for c, n in total
        ]
        for part in parts_of(X, indices, columns, n_more, rng):
            given = None
            if part.kept:
                given = self._transform.transform(part.real)
                for k in part.generated:
                    given[:, self._transform.span(k)] = np.nan
                T = self._target.codes(part.classes)
                given = self._generator.moved_to_means(given, T)
            self._generate(out[part.rows], part.classes, rng, given)
            for k in part.kept:
                out[part.rows, columns[k]] = part.real[:, columns[k]]
            mask[part.rows, part.kept] = False

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
                own = None if given is None else given[rows]
                T = self._target.codes(targets[rows])
                Z = self._sample_coordinates(T, rng, own)
                if levels is None:
                    self._transform.inverse_into(Z, out[rows])
                else:
                    X = self._effects.of(levels[rows], rng)
                    self._transform.inverse_into(Z, plain := np.empty_like(X))
                    out[rows] = cast_column(X + plain, self._dtype)
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
        """Log the time of a phase, see ``skmiaug.utils._fit``."""
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
            targets = self._target.requested(n, y, self._names, rng)
        effects = getattr(self, "_effects", None)
        return targets, rng, given, requested_levels(effects, covariates, n, rng)

    def _effects_of(self, covariates: Any, n: int, rng: np.random.Generator) -> np.ndarray:
        """Return the effects of the covariates of n rows, (n, n_features) or (n, 1)."""
        effects = getattr(self, "_effects", None)
        if effects is not None and covariates is None:
            raise ValueError(
                "The augmenter was fitted with covariates. Pass those of the rows to "
                "impute too; None in them stands for a new level."
            )
        levels = requested_levels(effects, covariates, n, rng)
        if effects is None or levels is None:
            return np.zeros((n, 1))
        return np.asarray(effects.of(levels, rng))

    def _draw_classes(self, given: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw a class index for each row by its probability given some coordinates."""
        if self.target_type != "multiclass":
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
        return self._target.requested(n, y, self._names, rng)

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
        require_state(names is not None and names.shape == (self._target.n_names,), "names")
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


def _check_count(name: str, value: Any) -> None:
    if not isinstance(value, Integral) or value < 1:
        raise ValueError(f"{name} must be a whole number above 0, got {value!r}.")
