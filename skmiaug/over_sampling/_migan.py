"""MIGANAugmenter: the estimator around start, networks and sampler."""

import operator
import os
import warnings
from numbers import Integral, Real
from typing import Any

import numpy as np
from imblearn.over_sampling.base import BaseOverSampler
from imblearn.utils import check_sampling_strategy
from imblearn.utils._validation import check_target_type
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from skmiaug.exceptions import TinyClassWarning
from skmiaug.over_sampling._column_scale import fit_into_types
from skmiaug.over_sampling._counts import expanded_counts, requested_classes
from skmiaug.over_sampling._fit import FittedSampler, fit_row_sampler
from skmiaug.over_sampling._settings import (
    LOOK_EVERY,
    FitSettings,
    resolve_components,
    resolve_precision,
)
from skmiaug.over_sampling._state import sampler_from_state, sampler_to_state
from skmiaug.training import Checkpoint, TrainingRecord
from skmiaug.utils._containers import (
    check_numeric_columns,
    like_polars,
    mixed_dtypes,
    polars_to_pandas,
)
from skmiaug.utils._device import memory_remedy, resolve_device
from skmiaug.utils._progress import ProgressBar
from skmiaug.utils._random import draw_seed
from skmiaug.utils._sklearn_callbacks import CallbackSupportMixin, callback_session

_MEMORY_ADVICE = (
    "lower batch_size, the hidden layer sizes or n_components, or use device='cpu'."
)
_LEASH = 1.0
_MAX_LABEL_BYTES = 2**28
_PLAIN_ATTRIBUTES = (
    "best_iter_",
    "critic_loss_curve_",
    "device_",
    "loss_curve_",
    "mi_curve_",
    "mutual_information_",
    "mutual_information_ceiling_",
    "n_features_in_",
    "n_iter_",
    "residual_strength_",
    "score_curve_",
    "spread_",
)


class MIGANAugmenter(CallbackSupportMixin, BaseOverSampler):
    """Over-sample by an InfoGAN that starts as a class-conditional Gaussian.

    New rows of a class are draws from a Gaussian around its shrunken mean, with one
    shrunken covariance for all classes, moved by a residual network that is trained
    against a critic. A recognition head Q on the critic bounds the mutual information of
    row and class from below, and both players maximise that bound, weighed by
    ``mi_weight``. The network begins at zero and is kept only as far as it passes more
    information on to held-out rows than the Gaussian alone.

    Read more in the README and in docs/method.md.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        imbalanced-learn's grammar: ``"auto"`` or ``"not majority"`` balances all classes to
        the largest, a dict names the rows wanted of each class, a float the ratio of two
        classes, a callable takes y and returns such a dict.

    expansion : float, default=1.0
        Above 1, every class, the largest too, grows to ``expansion`` times the largest.
        Needs a ``sampling_strategy`` given as text.

    mi_weight : float, default=1.0
        λ of arXiv 2510.10078: weight of the mutual-information bound in both losses.

    generator_hidden_layer_sizes : tuple of int, default=(256, 256)
        Widths of the generator's hidden layers.

    critic_hidden_layer_sizes : tuple of int, default=(256, 256)
        Widths of the hidden layers; critic and recognition head share theirs.

    latent_dim : int, default=16
        Width of the noise z that the residual takes beside the start.

    n_continuous_codes : int, default=2
        InfoGAN's continuous codes, standard normal, recovered by a Gaussian part of Q.

    spread : float in (0, 1] or "auto", default="auto"
        How much of a draw comes from the class Gaussian, the rest from around a real row
        of the class: 1 is the Gaussian alone, small values stay near real rows. "auto"
        takes the spread under which left-out rows tell most about their class.

    rejection : float in [0, 1), default=0.0
        Share of the draws thrown away: those that the recognition head finds least
        typical of their class. Needs ``mi_weight`` above 0.

    leash : float or "auto", default="auto"
        Weight of the residual's mean squared norm in the generator's loss. With "auto" it
        is 1, and after training the residual is used whole, halved or not at all,
        whichever passes most information on to held-out rows.

    n_components : int or "auto", default="auto"
        Leading directions (of largest variance within classes) that the networks see and
        change; the others keep the Gaussian. "auto" takes one for each 4 rows, 8 to 512.

    max_iter : int, default=500
        Training steps at most, each one update of both players. 0 keeps the Gaussian.

    batch_size : int, default=256
        Rows of a step; lowered to the number of rows.

    generator_learning_rate, critic_learning_rate : float, default=2e-4
        Step sizes of Adam.

    validation_fraction : float in [0, 1), default=0.2
        Share of the rows of each class held out while training, for early stopping and
        ``leash="auto"``; classes of fewer than 5 rows are not split. The start is fitted
        to all rows in the end. 0 trains for ``max_iter`` steps.

    n_iter_no_change : int, default=5
        Looks at the held-out rows (one each 25 steps) without a rise before training ends.

    tol : float, default=1e-4
        Rise in nats that counts.

    device : str or torch.device, default="auto"
        Where networks train and rows are drawn; "auto" is CUDA where there is one.

    precision : {"auto", "float32", "bfloat16"}, default="auto"
        Type of the networks' matrix products; losses are float32 always. "auto" takes
        bfloat16 on CUDA devices that have it.

    checkpoint : path-like or None, default=None
        File that training writes as it goes (each 25 steps, and when Ctrl-C or SIGTERM
        ends it) and continues from, bit for bit on the CPU, when the same fit is run
        again. Removed when the fit is done.

    random_state : int, RandomState instance or None, default=None
        Seed of everything. The same int gives the same bits on one device.

    verbose : int, default=0
        1 shows a progress bar with the generator's loss and the information, nats.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels, sorted.
    sampling_strategy_ : dict
        Rows to make of each class.
    n_features_in_, feature_names_in_
        As in scikit-learn.
    n_iter_ : int
        Training steps done.
    best_iter_ : int
        Step whose weights are used; 0 is the Gaussian.
    loss_curve_, critic_loss_curve_ : list of float
        Generator's and critic's loss, one mean for each 25 steps.
    mi_curve_ : list of float
        Bound of I(c; x̂) by the recognition head, nats, likewise. It is the one trained
        with the generator: trust ``mutual_information_``.
    score_curve_ : list of float or None
        Information passed on to held-out rows, nats; None where none were held out.
    mutual_information_ : float
        Lower bound of I(c; x̂) of balanced generated rows, nats, by a fresh classifier
        fitted to real rows alone.
    mutual_information_ceiling_ : float
        ln(n_classes), the most it can be.
    spread_, residual_strength_ : float
        What was chosen for ``spread`` and for the share of the residual.
    synthetic_mask_ : ndarray of shape (n_rows_returned,), bool
        Which rows of the last ``fit_resample`` were made.
    device_ : str
        Device of the fit.

    References
    ----------
    Ahn, Rana, Sivadas, Busso, Rajapakse: Improving Speech Emotion Recognition with Mutual
    Information Regularized Generative Model. arXiv 2510.10078.
    Chen et al. (2016): InfoGAN. arXiv 1606.03657.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skmiaug import MIGANAugmenter
    >>> X, y = make_classification(n_samples=200, weights=[0.9], random_state=0)
    >>> X_new, y_new = MIGANAugmenter(random_state=0).fit_resample(X, y)
    >>> int((y_new == 1).sum()) == int((y_new == 0).sum())
    True
    """

    _parameter_constraints: dict[str, Any] = {  # noqa: RUF012 (scikit-learn's convention)
        **BaseOverSampler._parameter_constraints,
        "expansion": [Interval(Real, 1, None, closed="left")],
        "mi_weight": [Interval(Real, 0, None, closed="left")],
        "generator_hidden_layer_sizes": ["array-like"],
        "critic_hidden_layer_sizes": ["array-like"],
        "latent_dim": [Interval(Integral, 0, None, closed="left")],
        "n_continuous_codes": [Interval(Integral, 0, None, closed="left")],
        "spread": [Interval(Real, 0, 1, closed="right"), StrOptions({"auto"})],
        "rejection": [Interval(Real, 0, 1, closed="left")],
        "leash": [Interval(Real, 0, None, closed="left"), StrOptions({"auto"})],
        "n_components": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "max_iter": [Interval(Integral, 0, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "generator_learning_rate": [Interval(Real, 0, None, closed="neither")],
        "critic_learning_rate": [Interval(Real, 0, None, closed="neither")],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "device": "no_validation",
        "precision": [StrOptions({"auto", "float32", "bfloat16"})],
        "checkpoint": [str, os.PathLike, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        *,
        sampling_strategy: Any = "auto",
        expansion: float = 1.0,
        mi_weight: float = 1.0,
        generator_hidden_layer_sizes: tuple[int, ...] = (256, 256),
        critic_hidden_layer_sizes: tuple[int, ...] = (256, 256),
        latent_dim: int = 16,
        n_continuous_codes: int = 2,
        spread: float | str = "auto",
        rejection: float = 0.0,
        leash: float | str = "auto",
        n_components: int | str = "auto",
        max_iter: int = 500,
        batch_size: int = 256,
        generator_learning_rate: float = 2e-4,
        critic_learning_rate: float = 2e-4,
        validation_fraction: float = 0.2,
        n_iter_no_change: int = 5,
        tol: float = 1e-4,
        device: Any = "auto",
        precision: str = "auto",
        checkpoint: str | os.PathLike[str] | None = None,
        random_state: Any = None,
        verbose: int = 0,
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.expansion = expansion
        self.mi_weight = mi_weight
        self.generator_hidden_layer_sizes = generator_hidden_layer_sizes
        self.critic_hidden_layer_sizes = critic_hidden_layer_sizes
        self.latent_dim = latent_dim
        self.n_continuous_codes = n_continuous_codes
        self.spread = spread
        self.rejection = rejection
        self.leash = leash
        self.n_components = n_components
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.generator_learning_rate = generator_learning_rate
        self.critic_learning_rate = critic_learning_rate
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.device = device
        self.precision = precision
        self.checkpoint = checkpoint
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Any, y: Any) -> "MIGANAugmenter":
        """Train on rows and classes, without returning any rows.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            Numbers, finite, dense.
        y : array-like of shape (n_samples,)
            Class labels, at least two classes.

        Returns
        -------
        self : MIGANAugmenter
        """
        self._validate_params()
        X, y = polars_to_pandas(X), polars_to_pandas(y)
        check_classification_targets(y)
        X, y, _ = self._check_X_y(X, y)
        self.sampling_strategy_ = check_sampling_strategy(
            self.sampling_strategy, y, self._sampling_type
        )
        self.sampling_strategy_ = self._rows_to_make(y)
        self._train(X, y)
        return self

    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Train on rows and classes, and return them with new rows behind.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)

        Returns
        -------
        X_resampled, y_resampled
            Containers and types of ``X`` and ``y``; the rows given come first, unchanged
            and in their order. ``synthetic_mask_`` says which were made.
        """
        X_new, y_new = super().fit_resample(polars_to_pandas(X), polars_to_pandas(y))
        return like_polars(X_new, X), like_polars(y_new, y)

    def sample(self, n_samples: int = 1, y: Any = None) -> tuple[np.ndarray, np.ndarray]:
        """Draw new rows from the fitted model.

        Parameters
        ----------
        n_samples : int, default=1
            Rows to make.
        y : class, array of shape (n_samples,), or None
            Class of the rows; None takes the shares of the training rows.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            Of the type of the training rows.
        y : ndarray of shape (n_samples,)

        Notes
        -----
        With an int as ``random_state``, the same call gives the same rows.
        """
        check_is_fitted(self, "_sampler")
        if not isinstance(n_samples, Integral) or n_samples < 1:
            raise ValueError(
                f"n_samples must be a whole number above 0, got {n_samples!r}."
            )
        wanted = requested_classes(int(n_samples), y, self.classes_, self._class_shares)
        out = np.empty(
            (int(n_samples), self.n_features_in_), dtype=self._sampler.scale.dtype
        )
        seed = self._seed
        if not isinstance(self.random_state, Integral):
            seed = draw_seed(check_random_state(self.random_state))
        for c in np.unique(wanted):
            rows = np.flatnonzero(wanted == c)
            if rows[-1] - rows[0] + 1 == len(rows):
                self._draw_into(out[rows[0] : rows[-1] + 1], int(c), seed)
            else:
                made = np.empty((len(rows), out.shape[1]), dtype=out.dtype)
                self._draw_into(made, int(c), seed)
                out[rows] = made
        return out, self.classes_[wanted]

    def _fit_resample(self, X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        to_make = self.sampling_strategy_ = self._rows_to_make(y)
        self._train(X, y)
        n_made = sum(to_make.values())
        X_new = np.empty((len(X) + n_made, X.shape[1]), dtype=X.dtype)
        X_new[: len(X)] = X
        labels = [y]
        begin = len(X)
        for label, n in to_make.items():
            if n > 0:
                index = int(np.searchsorted(self.classes_, label))
                self._draw_into(X_new[begin : begin + n], index, self._seed)
                labels.append(np.full(n, label, dtype=y.dtype))
                begin += n
        self.synthetic_mask_ = np.arange(len(X_new)) >= len(X)
        return X_new, np.concatenate(labels)

    def _rows_to_make(self, y: np.ndarray) -> dict[Any, int]:
        """Rows to make of each class: the strategy's, then the expansion's."""
        if self.expansion != 1 and not isinstance(self.sampling_strategy, str):
            raise ValueError(
                "expansion grows every class to the same size, so sampling_strategy must "
                f"be text such as 'auto', got {self.sampling_strategy!r}. Leave expansion "
                "at 1, or name the wanted rows of each class in a dict."
            )
        labels, counts = np.unique(y, return_counts=True)
        present = dict(zip(labels.tolist(), counts.tolist(), strict=True))
        return expanded_counts(self.sampling_strategy_, present, self.expansion)

    def _train(self, X: np.ndarray, y: np.ndarray) -> None:
        """Fit the sampler and set the fitted attributes."""
        self.classes_, classes, counts = np.unique(
            y, return_inverse=True, return_counts=True
        )
        self._warn_of_tiny_classes(counts)
        device = resolve_device(self.device)
        settings = self._settings(X, device)
        seed = draw_seed(check_random_state(self.random_state))
        checkpoint = None
        if self.checkpoint is not None:
            known_seed = seed if isinstance(self.random_state, Integral) else None
            print_ = settings.fingerprint(X, classes, known_seed)
            checkpoint = Checkpoint(self.checkpoint, print_)
            checkpoint.check_writable()
            seed = checkpoint.seed_of_run(seed)
        with memory_remedy(device, _MEMORY_ADVICE):
            fitted = self._run(X, y, classes, settings, seed, device, checkpoint)
        if checkpoint is not None:
            checkpoint.remove()
        self._seed = seed
        self._class_shares = counts / counts.sum()
        self.device_ = str(device)
        self._take_over(fitted)

    def _run(
        self,
        X: np.ndarray,
        y: np.ndarray,
        classes: np.ndarray,
        settings: FitSettings,
        seed: int,
        device: Any,
        checkpoint: Checkpoint | None,
    ) -> FittedSampler:
        """Fit under a progress bar and scikit-learn's callbacks."""
        bar = ProgressBar(settings.max_iter, type(self).__name__, enabled=self.verbose > 0)
        n_looks = -(-settings.max_iter // LOOK_EVERY)
        with callback_session(self, n_looks, X, y) as tell_callbacks:

            def on_look(record: TrainingRecord) -> bool:
                bar.show(
                    record.n_iter,
                    loss=record.generator_loss[-1],
                    mi=record.information[-1],
                )
                return tell_callbacks()

            try:
                return fit_row_sampler(
                    X,
                    classes,
                    len(self.classes_),
                    settings,
                    seed=seed,
                    device=device,
                    on_look=on_look,
                    checkpoint=checkpoint,
                )
            finally:
                bar.close()

    def _take_over(self, fitted: FittedSampler) -> None:
        record = fitted.record
        self._sampler = fitted.sampler
        self.n_iter_ = record.n_iter
        self.best_iter_ = record.best_iter
        self.loss_curve_ = record.generator_loss
        self.critic_loss_curve_ = record.critic_loss
        self.mi_curve_ = record.information
        self.score_curve_ = record.score
        self.mutual_information_ = fitted.information.value
        self.mutual_information_ceiling_ = fitted.information.ceiling
        self.spread_ = fitted.sampler.spread
        self.residual_strength_ = fitted.sampler.residual_strength

    def _settings(self, X: np.ndarray, device: Any) -> FitSettings:
        """Resolve the parameters for these rows; refuse what does not fit together."""
        if self.rejection > 0 and self.mi_weight == 0:
            raise ValueError(
                "rejection ranks draws by the recognition head, which mi_weight=0 leaves "
                "untrained. Set mi_weight above 0 or rejection=0."
            )
        return FitSettings(
            mi_weight=float(self.mi_weight),
            generator_hidden_layer_sizes=_layer_sizes(
                "generator_hidden_layer_sizes", self.generator_hidden_layer_sizes
            ),
            critic_hidden_layer_sizes=_layer_sizes(
                "critic_hidden_layer_sizes", self.critic_hidden_layer_sizes
            ),
            latent_dim=int(self.latent_dim),
            n_continuous_codes=int(self.n_continuous_codes),
            spread=None if self.spread == "auto" else float(self.spread),
            rejection=float(self.rejection),
            leash=_LEASH if self.leash == "auto" else float(self.leash),
            choose_strength=self.leash == "auto",
            n_components=resolve_components(
                self.n_components, len(X), len(self.classes_), X.shape[1]
            ),
            max_iter=int(self.max_iter),
            batch_size=int(self.batch_size),
            generator_learning_rate=float(self.generator_learning_rate),
            critic_learning_rate=float(self.critic_learning_rate),
            validation_fraction=float(self.validation_fraction),
            n_iter_no_change=int(self.n_iter_no_change),
            tol=float(self.tol),
            autocast=resolve_precision(self.precision, device),
        )

    def _draw_into(self, out: np.ndarray, class_index: int, seed: int) -> None:
        device = resolve_device(self.device)
        with memory_remedy(device, _MEMORY_ADVICE):
            self._sampler.draw_into(out, class_index, seed=seed, device=device)
        if self._column_dtypes is not None:
            fit_into_types(out, self._column_dtypes)

    def _warn_of_tiny_classes(self, counts: np.ndarray) -> None:
        single = self.classes_[counts == 1]
        if len(single):
            warnings.warn(
                f"Classes of a single row: {', '.join(map(str, single))}. Their new rows "
                "are that row with scaled noise of the other classes; collect more rows "
                "or leave the class out of sampling_strategy.",
                TinyClassWarning,
                stacklevel=4,
            )

    def _check_X_y(
        self, X: Any, y: Any, accept_sparse: Any = None
    ) -> tuple[np.ndarray, np.ndarray, bool]:
        """Validate as imbalanced-learn does, dense numbers only."""
        check_numeric_columns(X)
        self._column_dtypes = mixed_dtypes(X)
        if getattr(y, "ndim", 1) == 2:
            # imbalanced-learn looks for the classes of a frame as if it were an array.
            y = np.asarray(y)
        y, binarize_y = check_target_type(y, indicate_one_vs_all=True)
        X, y = validate_data(self, X=X, y=y, reset=True, accept_sparse=False)
        return X, y, binarize_y

    def _to_state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return what ``skmiaug.save`` writes: plain values and arrays."""
        check_is_fitted(self, "_sampler")
        sampler_header, arrays = sampler_to_state(
            self._sampler,
            list(map(int, self.generator_hidden_layer_sizes)),
            list(map(int, self.critic_hidden_layer_sizes)),
        )
        names = getattr(self, "feature_names_in_", None)
        dtypes = self._column_dtypes
        header = {name: getattr(self, name) for name in _PLAIN_ATTRIBUTES}
        header |= {
            "sampler": sampler_header,
            "seed": self._seed,
            "classes": [self.classes_.dtype.str, self.classes_.tolist()],
            "class_shares": self._class_shares.tolist(),
            "sampling_strategy": [
                [_item(c), int(n)] for c, n in self.sampling_strategy_.items()
            ],
            "feature_names": None if names is None else names.tolist(),
            "column_dtypes": None if dtypes is None else [dtype.str for dtype in dtypes],
        }
        if hasattr(self, "synthetic_mask_"):
            arrays["synthetic_mask"] = self.synthetic_mask_
        return header, arrays

    def _from_state(self, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Take over what :meth:`_to_state` gave."""
        self._sampler = sampler_from_state(header["sampler"], arrays)
        self._seed = header["seed"]
        self.classes_ = _labels(*header["classes"])
        self._class_shares = np.array(header["class_shares"])
        self.sampling_strategy_ = dict(header["sampling_strategy"])
        if header["feature_names"] is not None:
            self.feature_names_in_ = np.array(header["feature_names"], dtype=object)
        dtypes = header["column_dtypes"]
        self._column_dtypes = None if dtypes is None else tuple(map(np.dtype, dtypes))
        if "synthetic_mask" in arrays:
            self.synthetic_mask_ = arrays["synthetic_mask"]
        for name in _PLAIN_ATTRIBUTES:
            setattr(self, name, header[name])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        return tags


def _labels(dtype: str, labels: list[Any]) -> np.ndarray:
    """Class labels as an array, after a look at what the type would take."""
    if np.dtype(dtype).itemsize * len(labels) > _MAX_LABEL_BYTES:
        raise ValueError(f"{len(labels)} labels of type {dtype} are too large")
    return np.array(labels, dtype=dtype)


def _item(label: Any) -> Any:
    """A class label as a plain value."""
    return label.item() if isinstance(label, np.generic) else label


def _layer_sizes(name: str, sizes: Any) -> tuple[int, ...]:
    try:
        checked = tuple(map(operator.index, sizes))
    except (TypeError, ValueError):
        checked = ()
    if not checked or min(checked) < 1:
        raise ValueError(
            f"{name} must be at least one whole number above 0, such as (256, 256); got "
            f"{sizes!r}."
        )
    return checked
