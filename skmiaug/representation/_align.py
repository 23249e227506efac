"""ContrastiveAligner: the estimator around the aligned space."""

from typing import Any

import numpy as np
from sklearn.base import TransformerMixin
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted

from skmiaug.representation._align_columns import SHARED, column_groups, output_blocks
from skmiaug.representation._align_fit import fit_space
from skmiaug.representation._align_fitted import FittedAligner
from skmiaug.representation._align_rows import (
    check_each_has_a_partner,
    check_each_is_there,
    present_modalities,
)
from skmiaug.representation._align_settings import EVAL_INTERVAL
from skmiaug.representation._session import training_session
from skmiaug.utils._device import memory_remedy, resolve_device
from skmiaug.utils._sklearn_callbacks import CallbackSupportMixin
from skmiaug.utils._whole_fit import whole_fit

_MEMORY_ADVICE = "lower batch_size or n_components, or use device='cpu'."


class ContrastiveAligner(CallbackSupportMixin, TransformerMixin, FittedAligner):
    """Project several modalities of the same rows into one space.

    One projection for each modality (audio features h, text features t, ...) is trained so
    that the two parts of a row lie near each other and far from those of other rows, and
    so that each tells the row's class c. The loss, in nats, is

        w · [CE(c|h) + CE(c|t)] + α · InfoNCE(h, t) - β · (H(c) + E[log q(c|s)])

    with the weights w = ``classification_weight``, α = ``contrastive_weight`` and
    β = ``mi_weight``. InfoNCE is the mean of the cross-entropies of finding a row's text
    among those of the batch by its audio, and its audio by its text, from cosines over a
    learned temperature. The last term is the variational lower bound of the mutual
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
        Widths of the hidden layers of a network beside each linear projection.

    classification_weight : float, default=1.0
        Weight w of the cross-entropies.

    contrastive_weight : float, default=1.0
        Weight α of InfoNCE.

    mi_weight : float, default=1.0
        Weight β of the mutual-information term.

    same_class : {"negative", "masked", "positive"}, default="negative"
        What two rows of one class are to each other in InfoNCE: told apart as any two,
        left out, or as good as partners. docs/cross_modal.md says what was measured.

    temperature : float, default=0.07
        What the cosines are divided by at first; learned from there, 0.01 at least.

    output : str, default="joined"
        What ``transform`` gives: "joined" the codes of all modalities side by side,
        "shared" their mean direction, or the name of one modality.

    max_iter : int, default=1000
        Training steps at most, one batch each.

    batch_size : int, default=256
        Rows of a step, and so the number among which partners are found.

    dropout : float in [0, 1), default=0.5
        Share of the features of a row that are blanked in a training step.

    learning_rate : float, default=1e-3
        Step size of AdamW.

    weight_decay : float, default=0.01
        Pull of AdamW on the matrices towards zero.

    validation_fraction : float in [0, 1), default=0.15
        Share of the rows of each class held out while training, for early stopping;
        classes of fewer than 5 rows are not split. 0 trains for ``max_iter`` steps.

    n_iter_no_change : int, default=5
        Looks at the held-out rows (one each 25 steps) without a gain before training ends.

    tol : float, default=1e-4
        Gain in nats that counts.

    device : str or torch.device, default="auto"
        Where the network is trained; "auto" is CUDA where there is one. ``transform`` runs
        on the CPU.

    precision : {"auto", "float32", "bfloat16"}, default="auto"
        Type of the matrix products in training. "auto" takes bfloat16 on CUDA devices that
        have it.

    checkpoint : path-like or None, default=None
        File that training writes as it goes (each 25 steps, and when Ctrl-C or SIGTERM
        ends it) and continues from when the same fit is run again. Removed when the fit is
        done.

    random_state : int, RandomState instance or None, default=None
        Seed of everything. The same int gives the same bits on one device.

    verbose : int, default=0
        1 shows a progress bar with the loss and the information, nats.

    Attributes
    ----------
    modalities_ : dict of str to ndarray
        Column numbers of each modality.
    classes_ : ndarray of shape (n_classes,)
        Class labels, sorted.
    n_features_in_, feature_names_in_
        As in scikit-learn.
    n_iter_, best_iter_ : int
        Training steps done, and the one whose weights are used.
    loss_curve_ : list of float
        The loss, one mean for each 25 steps.
    class_error_curve_, pair_error_curve_, information_curve_ : list of float
        Its terms, unweighted, nats.
    score_curve_ : list of float or None
        The loss of the held-out rows, negated; None where none were held out.
    temperature_ : float
        What was learned.
    mutual_information_ : float or None
        Lower bound of I(c; s) on the held-out rows, nats, each class counted by its share
        of all rows; classes too small to be split do not count. None where no row was held
        out, and where ``mi_weight`` is 0, since q is not trained then.
    mutual_information_ceiling_ : float
        H(c) of the same classes, the most it can be; of all where no row was held out.
    device_ : str
        Device of the fit.

    Notes
    -----
    A row that lacks a modality (NaN in all its columns) is aligned from the others and is
    left out of InfoNCE; in the output the mean direction of its other codes stands in. NaN
    in part of a modality is an error.

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
    ...     random_state=0,
    ... )
    >>> aligner.fit_transform(X, y).shape
    (300, 16)
    >>> aligner.get_feature_names_out()[[0, 8]].tolist()
    ['audio_0', 'text_0']
    """

    def fit(self, X: Any, y: Any) -> "ContrastiveAligner":
        """Learn the space.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            Numbers; NaN in all columns of a modality where a row lacks it.
        y : array-like of shape (n_samples,)
            Class labels.

        Returns
        -------
        self : ContrastiveAligner

        Raises
        ------
        ValueError
            ``modalities`` do not fit the columns, NaN in part of a modality, a row or all
            rows without one, or one that shares no row with another, unless
            ``contrastive_weight`` is 0.
        """
        self._validate_params()
        with whole_fit(self):
            self._fit(X, y)
        return self

    def _fit(self, X: Any, y: Any) -> None:
        X, y = self._checked_X_y(X, y)
        modalities = column_groups(
            self.modalities, X.shape[1], getattr(self, "feature_names_in_", None)
        )
        output_blocks(self.output, list(modalities))
        present = present_modalities(X, modalities)
        check_each_is_there(present, modalities)
        if self.contrastive_weight > 0:
            check_each_has_a_partner(present, modalities)
        labels, classes = np.unique(y, return_inverse=True)
        device = resolve_device(self.device)
        settings = self._settings(device)

        def fingerprint(seed: int | None) -> str:
            return settings.fingerprint(X, classes, modalities, seed)

        with (
            memory_remedy(device, _MEMORY_ADVICE),
            training_session(
                self,
                X,
                y,
                fingerprint=fingerprint,
                n_checks=-(-self.max_iter // EVAL_INTERVAL),
                shown={"loss": "loss", "mi": "information"},
            ) as session,
        ):
            fitted = fit_space(X, present, classes, modalities, settings, session, device)
        self.modalities_ = modalities
        self.classes_ = labels
        self.device_ = str(device)
        self._take_over(fitted)

    def transform(self, X: Any) -> np.ndarray:
        """Project rows into the space.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features_out)
            As ``output`` says. Where a modality is missing, the mean direction of the
            row's other codes stands in.
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

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the columns that ``transform`` gives.

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

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.modalities is not None
        tags.target_tags.required = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
