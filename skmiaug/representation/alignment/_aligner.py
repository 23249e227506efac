"""ContrastiveAligner: several modalities in one space."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import (
    _check_feature_names_in,
    check_consistent_length,
    check_is_fitted,
)

from skmiaug.base import (
    NeuralEstimator,
    class_labels,
    read_rows,
    register_state,
    require_array,
    require_state,
    training_session,
    with_shared_docs,
)
from skmiaug.losses import SAME_CLASS_ROLES
from skmiaug.representation.alignment._rows import (
    SHARED,
    check_training_rows,
    column_groups,
    output_blocks,
    present_modalities,
)
from skmiaug.representation.alignment._space import (
    EVAL_INTERVAL,
    AlignedSpace,
    fit_space,
    largest_product,
    score_pairs,
)
from skmiaug.utils._fit import whole_fit
from skmiaug.utils.tables._labels import read_groups

_MEMORY_ADVICE = "lower batch_size or n_components, or use device='cpu'."
_ROWS = {"dtype": (np.float64, np.float32), "ensure_all_finite": "allow-nan"}


@register_state
@with_shared_docs(EVAL_INTERVAL)
@dataclass(kw_only=True, eq=False, repr=False)
class ContrastiveAligner(NeuralEstimator, TransformerMixin, BaseEstimator):
    """Project several modalities of the same rows into one space.

    One projection for each modality (audio features h, text features t, ...) is trained so
    that the codes of one row are close and those of different rows apart, and so that each
    predicts the row's class c. The loss, in nats, is

        w · [CE(c|h) + CE(c|t)] + α · InfoNCE(h, t) - β · (H(c) + E[log q(c|s)])

    with the weights w = ``classification_weight``, α = ``contrastive_weight`` and
    β = ``mi_weight``. InfoNCE is the mean of the cross-entropies of finding a row's text
    among those of the batch by its audio, and its audio by its text, from cosines divided
    by a learned temperature. The last term is the variational lower bound of the mutual
    information of the class and the shared code s, the mean direction of the row's codes.
    With more than two modalities, the second term is a sum over the pairs.

    Codes lie on a sphere, scaled so that the mean square of a coordinate is 1.

    Read more in docs/cross_modal.md.

    Parameters
    ----------
    modalities : dict of str to slice, mask, list of int or list of str, default=None
        The columns of each modality, such as ``{"audio": slice(0, 768), "text":
        slice(768, 1152)}``, or lists of column names of a DataFrame. Each column belongs
        to one. None takes all columns as one modality: a supervised projection, with
        nothing to align.

    n_components : int, default=128
        Dimensions of the space.

    hidden_layer_sizes : tuple of int, default=()
        Widths of the hidden layers of a network that is added to each linear projection.

    classification_weight : float, default=1.0
        Weight w of the cross-entropies.

    contrastive_weight : float, default=1.0
        Weight α of InfoNCE.

    mi_weight : float, default=1.0
        Weight β of the mutual-information term.

    same_class : {"negative", "masked", "positive"}, default="negative"
        Role of two rows of one class in InfoNCE: a negative pair, left out, or a positive
        pair. docs/cross_modal.md has measurements.

    temperature : float, default=0.07
        Initial divisor of the cosines; learned, and 0.01 at least.

    output : str, default="joined"
        Output of ``transform``: "joined", the codes of all modalities in one row;
        "shared", their mean direction; or the name of one modality.

    dropout : float in [0, 1), default=0.5
        Share of the features of a row that are set to their mean in a training step.

    max_iter : int, default=1000
        Training steps at most, one batch each.

    batch_size : int, default=256
        Rows of a step; each has ``batch_size - 1`` negative pairs.

    learning_rate : float, default=1e-3
        Step size of AdamW.

    validation_fraction : float in [0, 1), default=0.15
        Share of the rows of each class held out while training, for early stopping;
        classes of fewer than 5 rows are not split. 0 trains for ``max_iter`` steps.

    {training parameters}

    Attributes
    ----------
    modalities_ : dict of str to ndarray
        Column numbers of each modality.
    classes_ : ndarray of shape (n_classes,)
        Class labels, sorted.
    n_features_in_, feature_names_in_
        As in scikit-learn.
    class_loss_curve_, contrastive_loss_curve_, train_mi_curve_ : list of float
        Its terms, unweighted, nats.
    temperature_ : float
        The learned one.
    mutual_information_ : float or None
        Lower bound of I(c; s) on the held-out rows, nats, each class weighted by its share
        of all rows; classes too small to be split do not count. None where no row was held
        out, and where ``mi_weight`` is 0, since q is not trained then.
    mutual_information_max_ : float
        H(c) of the same classes, the upper bound; of all where no row was held out.
    {training attributes}

    Notes
    -----
    A row that lacks a modality (NaN in all its columns) is aligned from the others and is
    left out of InfoNCE; in the output it is replaced by the mean direction of its other
    codes. NaN in part of a modality is an error.

    Losses and scores are in nats. ``transform`` runs on the CPU.

    See Also
    --------
    MIGANAugmenter : Generates samples of several modalities.

    References
    ----------
    Ahn, Rana, Sivadas, Busso, Rajapakse: Improving Speech Emotion Recognition with Mutual
    Information Regularized Generative Model. arXiv 2510.10078.
    van den Oord, Li, Vinyals (2018): Representation learning with contrastive predictive
    coding. arXiv 1807.03748, equation 4.
    Radford et al. (2021): Learning transferable visual models from natural language
    supervision. arXiv 2103.00020, figure 3 (symmetric form, learned temperature).
    Barber and Agakov (2003): The IM algorithm (the bound of the information).

    Examples
    --------
    >>> import numpy as np
    >>> from skmiaug import ContrastiveAligner
    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(3, size=300)
    >>> X = np.eye(3)[y] @ rng.normal(size=(3, 30)) + rng.normal(size=(300, 30))
    >>> aligner = ContrastiveAligner(
    ...     modalities={"audio": slice(0, 20), "text": slice(20, 30)},
    ...     n_components=8,
    ...     max_iter=50,
    ...     random_state=0,
    ... )
    >>> aligner.fit_transform(X, y).shape
    (300, 16)
    >>> aligner.get_feature_names_out()[[0, 8]].tolist()
    ['audio_0', 'text_0']
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **NeuralEstimator._parameter_constraints,
        "modalities": [dict, None],
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "hidden_layer_sizes": ["array-like"],
        "classification_weight": [Interval(Real, 0, None, closed="left")],
        "contrastive_weight": [Interval(Real, 0, None, closed="left")],
        "mi_weight": [Interval(Real, 0, None, closed="left")],
        "same_class": [StrOptions(set(SAME_CLASS_ROLES))],
        "temperature": [Interval(Real, 0, None, closed="neither")],
        "output": [str],
        "batch_size": [Interval(Integral, 2, None, closed="left")],
    }
    modalities: dict[str, Any] | None = None
    n_components: int = 128
    hidden_layer_sizes: tuple[int, ...] = ()
    classification_weight: float = 1.0
    contrastive_weight: float = 1.0
    mi_weight: float = 1.0
    same_class: str = "negative"
    temperature: float = 0.07
    output: str = "joined"
    dropout: float = 0.5
    validation_fraction: float = 0.15

    modalities_: dict[str, np.ndarray] = field(init=False)
    classes_: np.ndarray = field(init=False)
    class_loss_curve_: list[float] = field(init=False)
    contrastive_loss_curve_: list[float] = field(init=False)
    train_mi_curve_: list[float] = field(init=False)
    temperature_: float = field(init=False)
    mutual_information_: float | None = field(init=False)
    mutual_information_max_: float = field(init=False)
    _space: AlignedSpace = field(init=False)

    def fit(self, X: Any, y: Any, *, groups: Any = None) -> "ContrastiveAligner":
        """Learn the space.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            Numbers; NaN in all columns of a modality where a row lacks it.
        y : array-like of shape (n_samples,)
            Class labels.
        groups : array-like of shape (n_samples,), default=None
            Speakers, say: rows of a group are held out for validation together.

        Returns
        -------
        self : ContrastiveAligner

        Raises
        ------
        ValueError
            ``modalities`` do not fit the columns, NaN in part of a modality, a row or all
            rows without one, or one that shares no row with another, unless
            ``contrastive_weight`` is 0.
        TrainingDivergedError
            The losses were not finite again after the rate was lowered.
        """
        self._validate_params()
        with whole_fit(self):
            X, _ = read_rows(self, X, reset=True, **_ROWS)
            y = class_labels(y)
            check_consistent_length(X, y)
            groups = read_groups(groups, len(y))
            names = getattr(self, "feature_names_in_", None)
            modalities = column_groups(self.modalities, X.shape[1], names)
            output_blocks(self.output, list(modalities))
            present = present_modalities(X, modalities)
            check_training_rows(
                present, modalities, contrastive=self.contrastive_weight > 0
            )
            self.classes_, classes = np.unique(y, return_inverse=True)
            widest = max(len(columns) for columns in modalities.values())
            with training_session(
                self,
                X,
                y,
                # Rows and columns, not how the columns are named; output is of transform.
                data={
                    "X": X,
                    "y": classes,
                    "modalities": modalities,
                    "groups": groups,
                    "output": None,
                },
                eval_interval=EVAL_INTERVAL,
                shown={"loss": "loss", "mi": "information"},
                memory_advice=_MEMORY_ADVICE,
                multiply_adds=largest_product(self, widest),
            ) as session:
                self._space, record, information = fit_space(
                    self, X, present, classes, modalities, session, groups
                )
            self.modalities_ = modalities
            self._set_results(record, session)
            self.class_loss_curve_ = record.class_loss
            self.contrastive_loss_curve_ = record.contrastive_loss
            self.train_mi_curve_ = record.information
            self.temperature_ = float((-self._space.network.log_scale).exp())
            self.mutual_information_, self.mutual_information_max_ = information
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Project rows into the space.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features_out)
            See ``output``. A missing modality is replaced by the mean direction of the
            row's other codes.
        """
        check_is_fitted(self, "_space")
        names = list(self.modalities_)
        blocks = output_blocks(self.output, names)
        codes, shared, present, dtype = self._codes(X)
        if blocks == [SHARED]:
            return shared.astype(dtype, copy=False)
        codes = np.where(present[:, :, None], codes, shared[:, None])
        chosen = codes[:, [names.index(block) for block in blocks]]
        return chosen.reshape(len(codes), -1).astype(dtype, copy=False)

    def transform_modalities(self, X: Any) -> dict[str, np.ndarray]:
        """Project rows, and keep the modalities apart.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)

        Returns
        -------
        dict of str to ndarray of shape (n_samples, n_components)
            NaN where a row lacks the modality.
        """
        codes, _, present, dtype = self._codes(X)
        codes = np.where(present[:, :, None], codes, np.nan).astype(dtype, copy=False)
        return {name: codes[:, i] for i, name in enumerate(self.modalities_)}

    def score_retrieval(self, X: Any, *, k: Sequence[int] = (1, 5, 10)) -> dict[str, float]:
        """Recall at k: how often a row's other modality is among the k nearest.

        For each pair of modalities and both directions, the share of rows whose code in
        the one has their own code in the other among the k of highest cosine. Ties count
        by their expected rank, so that texts that occur several times give chance among
        them.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            Rows that lack one of the two modalities are left out.
        k : sequence of int, default=(1, 5, 10)

        Returns
        -------
        dict of str to float
            Keys such as ``"audio_to_text_at_5"``. Chance is k / n_samples.

        Raises
        ------
        ValueError
            There is only one modality, or no row has both of two.

        Examples
        --------
        As the scorer of a cross-validation::

            cross_validate(aligner, X, y, scoring=lambda a, X, y: a.score_retrieval(X))
        """
        codes, _, present, _ = self._codes(X)
        return score_pairs(codes, present, list(self.modalities_), k)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the columns of ``transform``.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Only checked against the names seen in ``fit``.

        Returns
        -------
        ndarray of str
            Such as ``"audio_0"`` or ``"shared_0"``.
        """
        check_is_fitted(self, "_space")
        _check_feature_names_in(self, input_features, generate_names=False)
        blocks = output_blocks(self.output, list(self.modalities_))
        n = range(self._space.network.shared_class_head.in_features)
        return np.array([f"{block}_{i}" for block in blocks for i in n], dtype=object)

    def _codes(self, X: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.dtype]:
        """Codes by modality, shared codes, which modalities are there, type of the rows."""
        check_is_fitted(self, "_space")
        X, _ = read_rows(self, X, reset=False, **_ROWS)
        present = present_modalities(X, self.modalities_)
        columns = list(self.modalities_.values())
        codes, shared = self._space.codes(X, columns, present)
        return codes, shared, present, X.dtype

    def _check_state(self) -> None:
        super()._check_state()
        columns = list(self.modalities_.values())
        for own, n in zip(columns, self._space.network.n_features, strict=True):
            require_array("modalities_", own, [n], "iu")
        in_order = np.sort(np.concatenate(columns))
        whole = np.array_equal(in_order, np.arange(len(in_order)))
        require_state(whole and self.n_features_in_ == len(in_order), "modalities_")
        require_state(self.output in ("joined", "shared", *self.modalities_), "output")
        n_classes = self._space.network.shared_class_head.out_features
        require_array("classes_", self.classes_, [n_classes], self.classes_.dtype.kind)
        require_state(len(set(self.classes_.tolist())) == n_classes, "classes_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.modalities is not None
        tags.target_tags.required = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
