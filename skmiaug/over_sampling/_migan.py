"""MIGANAugmenter: the estimator around start, networks and sampler.

Its bases hold one idea each, and each builds on the next: saving (``SavesModel``), fitting
(``FitsModel``), drawing (``DrawsRows``) and the parameters (``AugmenterParameters``).
"""

from typing import Any, ClassVar

import numpy as np

from skmiaug.over_sampling._estimator_state import SavesModel
from skmiaug.over_sampling._modal_input import check_expected
from skmiaug.over_sampling._resampling import resample
from skmiaug.utils._containers import keep_large_integers, like_polars, polars_to_pandas
from skmiaug.utils._labels import check_labels
from skmiaug.utils._sklearn_callbacks import CallbackSupportMixin
from skmiaug.utils._whole_fit import whole_fit


class MIGANAugmenter(CallbackSupportMixin, SavesModel):
    """Over-sample by an InfoGAN that starts as a class-conditional Gaussian.

    New rows of a class are draws from a Gaussian around its shrunken mean, with one
    shrunken covariance for all classes, moved by a residual network that is trained
    against a critic. A recognition head Q on the critic bounds the mutual information of
    row and class from below, and both players maximise that bound, weighed by
    ``mi_weight``. The network begins at zero and is kept only as far as it passes more
    information on to held-out rows than the Gaussian alone.

    Rows may be made to go with a condition (text features, say), or several modalities
    be made together so that they depend on each other as in the data. Read more in the
    README, docs/method.md and docs/paired_generation.md.

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
        λ of arXiv 2510.10078: weight of the mutual-information bound in both losses. It
        also says how far the class means that training starts from are kept in directions
        in which rows tell of the class, and shrunken in the others (docs/method.md); not
        with ``modalities`` or a condition.

    generator_hidden_layer_sizes : tuple of int or "auto", default="auto"
        Widths of the generator's hidden layers. "auto" is two layers of three units for
        each direction that the networks see, 128 to 256; of 256 with ``modalities`` or a
        condition.

    critic_hidden_layer_sizes : tuple of int or "auto", default="auto"
        Widths of the hidden layers, "auto" as for the generator; critic and recognition
        head share theirs.

    latent_dim : int, default=16
        Width of the noise z that the residual takes beside the start.

    n_continuous_codes : int, default=2
        InfoGAN's continuous codes, standard normal, recovered by a Gaussian part of Q.

    spread : float in (0, 1] or "auto", default="auto"
        How much of a draw comes from the class Gaussian, the rest from around a real row
        of the class: 1 is the Gaussian alone, small values stay near real rows. "auto"
        takes the one of 0.3, 0.5, 0.7, 0.85 and 1 whose draws tell most of the class of
        rows that are left out, in nats, or the next smaller one if that is not 1.

    marginals : {"auto", "gaussian", "empirical"}, default="auto"
        How the values of a column are distributed. "gaussian": by mean and standard
        deviation. "empirical": as they are; the column is replaced by normal scores of its
        own distribution, each class counting the same, and what is made is mapped back,
        so that it stays in the column's range. "auto" does that for columns with heavy
        tails, where a few outliers would set the deviation: skewness above 2 or kurtosis
        above 9 (an exponential distribution's) around the class means.

    rejection : float in [0, 1), default=0.0
        Share of the draws thrown away: those that the recognition head finds least
        typical of their class. Needs ``mi_weight`` and ``max_iter`` above 0. The head is
        that of ``best_iter_``, or where this is 0 that of the end of training.

    leash : float or "auto", default="auto"
        Weight of the residual's mean squared norm in the generator's loss. With "auto" it
        is 1, and after training the residual is used whole, halved or not at all,
        whichever passes most information on to held-out rows.

    n_components : int or "auto", default="auto"
        Leading directions (of largest variance within classes) that the networks see and
        change; the others keep the Gaussian. "auto" takes one for each 4 rows, 8 to 512.
        With ``modalities`` they are shared out by columns, with "auto" 8 or more to each.

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
        Seed of everything: the same int gives the same bits on one device, and None draws
        one from numpy's global state, as in scikit-learn.

    verbose : int, default=0
        1 shows a progress bar with the generator's loss and the information, nats, and one
        of the rows that are made.

    modalities : dict of str to columns, or None, default=None
        Named groups of the columns of ``X`` that belong to one modality, such as
        ``{"audio": slice(0, 768), "text": slice(768, 1152)}``, or lists of column names.
        All of them are then made together, so that they depend on each other as in the
        data; a row of which a modality is all NaN lacks it. Each column is in one group.

    pairing : {"generated", "all"}, default="generated"
        With ``modalities``: whole rows alone are made, or all combinations of real and made
        modalities within a class. With N rows of a class after balancing, each of the
        2 ** n_modalities combinations then gets N rows; missing real rows are made whole.

    condition_sampling : {"gaussian", "rows", "noise"}, default="gaussian"
        Where the condition of a row to be made comes from: the class Gaussian of the
        conditions, a real row of the class, or one moved half-way by noise. Where a class
        has few rows, their conditions are the same few over and over: on nEMO, whose text
        says nothing of the emotion, "gaussian" cost least.

    condition_head : {"infonce", "gaussian"}, default="infonce"
        What bounds the information of a condition and a row made for it: telling the
        condition apart from others of its class, or a Gaussian that predicts it.

    require_condition : bool, default=False
        Whether a fit without condition is an error. It always is one when
        ``set_fit_resample_request(condition=True)`` was called.

    data_parallel : bool, default=False
        Whether the processes of torch.distributed's group train this one model together,
        each with its share of every batch; all then hold the same. Each calls ``fit`` with
        the same data. See docs/clusters.md.

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
    pair_mi_curve_ : list of float or None
        Bound of what the modalities of made rows (or rows and condition) say of each other
        given the class, nats, likewise; None without ``modalities`` or condition.
    score_curve_ : list of float or None
        Information passed on to held-out rows by the whole residual, nats, one value for
        each 25 steps (not for the start); each None where no rows were held out.
    held_out_score_ : float or None
        The same of what is used: the weights of ``best_iter_``, ``residual_strength_``.
    mutual_information_ : float
        Lower bound of I(c; x̂) of balanced generated rows, nats, by a fresh classifier
        fitted to real rows alone.
    mutual_information_ceiling_ : float
        ln(n_classes), the most it can be.
    spread_, residual_strength_ : float
        What was chosen for ``spread`` and for the share of the residual.
    synthetic_mask_ : ndarray of shape (n_rows_returned,) or (..., n_modalities), bool
        Which rows of ``fit_resample`` were made, or which modalities of each row. Absent
        after ``fit``.
    condition_ : ndarray of shape (n_rows_returned, n_condition_features)
        What the rows of ``fit_resample`` go with: as given for the real ones,
        behind them that of the made ones. Only with a condition.
    n_condition_features_in_ : int
        Width of the condition. Only with a condition.
    modalities_ : dict of str to ndarray
        Column numbers of each modality. Only with ``modalities``.
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

    # What fit takes is asked for by itself: a Pipeline looks at both methods, and one
    # set_fit_resample_request(condition=True) is to be enough.
    __metadata_request__fit: ClassVar[dict[str, bool]] = {"condition": True}

    def fit(self, X: Any, y: Any, *, condition: Any = None) -> "MIGANAugmenter":
        """Train on rows and classes; after an error all is as it was before.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            Numbers, finite, dense; with ``modalities`` a row may lack some of them. A
            numpy memory map is read in blocks, but for ``modalities`` and a condition.
        y : array-like of shape (n_samples,)
            Class labels, at least two classes.
        condition : array-like of shape (n_samples, n_condition_features), default=None
            What each row goes with, such as features of its text. A row that is all NaN
            has none.

        Returns
        -------
        self : MIGANAugmenter
        """
        self._validate_params()
        check_expected(self, "fit", condition)
        with whole_fit(self):
            self._train(*self._check_rows(X, y), condition)
        return self

    def fit_resample(self, X: Any, y: Any, *, condition: Any = None) -> tuple[Any, Any]:
        """Train on rows and classes, and return them with new rows behind.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        condition : array-like of shape (n_samples, n_condition_features), default=None
            As for ``fit``.

        Returns
        -------
        X_resampled, y_resampled
            Containers and types of ``X`` and ``y``; the rows given come first, unchanged
            and in their order. ``synthetic_mask_`` says which were made, and
            ``condition_`` what they go with.

        Raises
        ------
        ValueError
            A condition was expected and none came, or it does not fit ``X``; see
            ``require_condition``.
        """
        self._validate_params()
        check_expected(self, "fit_resample", condition)
        rows, labels = polars_to_pandas(X), polars_to_pandas(y)
        check_labels(labels)
        with whole_fit(self):
            X_new, y_new = super().fit_resample(rows, labels, condition=condition)
        return like_polars(keep_large_integers(X_new, rows), X), like_polars(y_new, y)

    def _fit_resample(
        self, X: np.ndarray, y: np.ndarray, condition: Any = None
    ) -> tuple[np.ndarray, np.ndarray]:
        to_make = self.sampling_strategy_ = self._rows_to_make(y)
        condition = self._train(X, y, condition)
        rows = resample(self, X, y, condition, to_make)
        self.synthetic_mask_ = rows.mask
        if condition is not None:
            self.condition_ = rows.condition
        return rows.X, rows.y
