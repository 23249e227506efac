"""MIGANAugmenter: the prior refined by an InfoGAN with a mutual-information term."""

import math
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.utils._param_validation import Interval, StrOptions

from skmiaug.base import (
    Maybe,
    TrainedEstimator,
    checked_layer_sizes,
    register_state,
    torch_defaults,
    training_session,
    with_shared_docs,
)
from skmiaug.nn import Critic, ResidualGenerator
from skmiaug.over_sampling._gaussian import PRIOR_DOCS, PriorAugmenter
from skmiaug.over_sampling.generator._residual import (
    Preparation,
    ResidualSampler,
    TrainingRun,
    finish_run,
    prepare,
    ready_run,
)
from skmiaug.training.gan import (
    GanRecord,
    NetworkParameters,
    ProcessGroup,
    SingleProcess,
    train_gan,
)
from skmiaug.utils._device import (
    cpu_threads_for,
    memory_remedy,
    on_device,
    resolve_device,
    resolve_precision,
)

EVAL_INTERVAL = 25
MEMORY_ADVICE = (
    "lower batch_size, the hidden layer sizes or n_components, or use device='cpu'."
)
_MAX_ITER = 500
_PENALTY = 1.0
_MIN_COMPONENTS, _MAX_COMPONENTS, _ROWS_PER_COMPONENT = 8, 512, 4
_MIN_WIDTH, _MAX_WIDTH, _WIDTH_STEP, _UNITS_PER_COMPONENT = 128, 256, 32, 3

for _part in (Critic, ResidualGenerator, ResidualSampler):
    register_state(_part)


@register_state
@with_shared_docs(EVAL_INTERVAL, PRIOR_DOCS)
@dataclass(kw_only=True, eq=False, repr=False)
class MIGANAugmenter(TrainedEstimator, PriorAugmenter):
    """Over-sample by an InfoGAN that starts from a class-conditional Gaussian prior.

    Samples of the prior (see :class:`GaussianAugmenter`) are moved by a residual network
    that is trained against a critic: by default where several modalities, or rows for a
    condition, are generated, since the network learns dependence that the prior lacks. A
    recognition head Q on the critic bounds the mutual information of row and class from
    below, and generator and critic both maximise that bound, weighted by ``mi_weight``.
    The residual begins at zero and is used only as far as samples with it score better on
    held-out rows than those of the prior.

    Rows may be generated for a condition (features of a text, say), or several modalities
    together so that they depend on each other as in the data. Read more in
    docs/method.md and docs/paired_generation.md.

    Parameters
    ----------
    {targets}

    mi_weight : float, default=1.0
        λ of arXiv 2510.10078: weight of the mutual-information bound in the losses of
        generator and critic. It also decides how far the class means of the prior are kept
        in directions that have information about the class, and shrunken in the others
        (docs/method.md).

    noise : {"auto", "gaussian", "class_gaussian", "residuals", "class_residuals"}, \
default="auto"
        Noise of the prior, see :class:`GaussianAugmenter`. With ``max_iter`` above 0,
        "auto" compares "gaussian" and "class_residuals", and the others are refused.

    generator_hidden_layer_sizes : tuple of int or "auto", default="auto"
        Widths of the generator's hidden layers. "auto" is two layers of three units for
        each direction that the networks see, 128 to 256; of 256 with ``modalities`` or a
        condition.

    critic_hidden_layer_sizes : tuple of int or "auto", default="auto"
        Widths of the hidden layers that critic and recognition head share, "auto" as for
        the generator.

    latent_dim : int, default=16
        Width of the noise z of the residual network.

    n_continuous_codes : int, default=2
        InfoGAN's continuous codes, standard normal, recovered by a Gaussian part of Q.

    bandwidth : float in (0, 1] or "auto", default="auto"
        Bandwidth of the prior, see :class:`GaussianAugmenter`.

    rejection_rate : float in [0, 1), default=0.0
        Share of the samples thrown away: those that the recognition head finds least
        typical of their class. Needs ``mi_weight`` and ``max_iter`` above 0.

    residual_penalty : float or "auto", default="auto"
        Weight of the residual's mean squared norm in the generator's loss. With "auto" it
        is 1, and after training the residual is used whole, halved or not at all,
        whichever scores best on held-out rows.

    n_components : int or "auto", default="auto"
        Leading directions (of largest variance within classes) that the networks see and
        change; the others stay those of the prior. "auto" takes one for each 4 rows, 8 to
        512. With ``modalities`` they are shared out by columns, with "auto" 8 or more each.

    max_iter : int or "auto", default="auto"
        Training steps at most, each one update of generator and critic. 0 keeps the prior.
        "auto" is 500 with ``modalities``, a condition or a ``rejection_rate``, and 0
        otherwise: for rows alone no network that was tried gained over the prior
        (docs/benchmarks/network.md).

    batch_size : int, default=256
        Rows of a step; lowered to the number of rows.

    generator_learning_rate, critic_learning_rate : float, default=2e-4
        Step sizes of Adam.

    validation_fraction : float in [0, 1), default=0.2
        Share of the rows of each class held out while training, for early stopping and
        ``residual_penalty="auto"``; classes of fewer than 5 rows are not split, and
        ``groups`` stay whole. The prior is fitted to all rows. 0 trains for ``max_iter``
        steps.

    {training parameters}

    {columns}

    condition_head : {"infonce", "gaussian"}, default="infonce"
        Bound of the information between a condition and the row generated for it: telling
        the condition apart from others of its class, or predicting it by a Gaussian.

    data_parallel : bool, default=False
        Whether the processes of torch.distributed's group train this one model together,
        each with its share of every batch; all then hold the same. Each calls ``fit`` with
        the same data. Not with ``modalities`` or a condition. See docs/clusters.md.

    Attributes
    ----------
    {prior attributes}
    n_iter_ : int
        Training steps done.
    best_iter_ : int
        Step whose weights are used; 0 is the prior.
    loss_curve_, critic_loss_curve_ : list of float
        Generator's and critic's loss, one mean for each 25 steps.
    train_mi_curve_ : list of float
        Bound of I(c; x̂) by the recognition head, nats, likewise. The head is trained with
        the generator: rely on ``mutual_information_``.
    pair_mi_curve_ : list of float or None
        Bound of the information between the modalities of generated rows (or between row
        and condition) given the class, nats, likewise; None with a single modality.
    validation_scores_ : list of float or None
        Score on held-out rows of samples with the whole residual, nats, one value for each
        25 steps; each None where no rows were held out.
    best_validation_score_ : float or None
        The score of the weights of ``best_iter_`` with ``residual_scale_``.
    residual_scale_ : float
        The factor on the residual that was chosen.
    device_ : str
        Device of the fit.

    See Also
    --------
    GaussianAugmenter : The prior alone, in closed form.
    MIGANAugmenterCV : Chooses λ by cross-validation.
    skmiaug.over_sampling.BaseAugmenter : How to write an augmenter of your own.

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

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **PriorAugmenter._parameter_constraints,
        **TrainedEstimator._parameter_constraints,
        "max_iter": [
            *TrainedEstimator._parameter_constraints["max_iter"],
            StrOptions({"auto"}),
        ],
        "generator_hidden_layer_sizes": ["array-like", StrOptions({"auto"})],
        "critic_hidden_layer_sizes": ["array-like", StrOptions({"auto"})],
        "latent_dim": [Interval(Integral, 0, None, closed="left")],
        "n_continuous_codes": [Interval(Integral, 0, None, closed="left")],
        "rejection_rate": [Interval(Real, 0, 1, closed="left")],
        "residual_penalty": [Interval(Real, 0, None, closed="left"), StrOptions({"auto"})],
        "n_components": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "generator_learning_rate": [Interval(Real, 0, None, closed="neither")],
        "critic_learning_rate": [Interval(Real, 0, None, closed="neither")],
        "condition_head": [StrOptions({"infonce", "gaussian"})],
        "data_parallel": ["boolean"],
    }

    generator_hidden_layer_sizes: tuple[int, ...] | str = "auto"
    critic_hidden_layer_sizes: tuple[int, ...] | str = "auto"
    latent_dim: int = 16
    n_continuous_codes: int = 2
    rejection_rate: float = 0.0
    residual_penalty: float | str = "auto"
    n_components: int | str = "auto"
    max_iter: Any = "auto"
    generator_learning_rate: float = 2e-4
    critic_learning_rate: float = 2e-4
    validation_fraction: float = 0.2
    condition_head: str = "infonce"
    data_parallel: bool = False

    loss_curve_: list[float] = field(init=False)
    critic_loss_curve_: list[float] = field(init=False)
    train_mi_curve_: list[float] = field(init=False)
    pair_mi_curve_: list[float] | None = field(init=False)
    residual_scale_: float = field(init=False)
    _generator: ResidualSampler = field(init=False)
    _run: Maybe[Any] = field(init=False)

    def _fit_generator(
        self,
        Z: np.ndarray,
        T: np.ndarray,
        *,
        rng: np.random.Generator,
        validation: np.ndarray,
        groups: np.ndarray | None,
    ) -> ResidualSampler:
        """Fit the prior, train the networks on it, and choose the scale of the residual."""
        session, group = self._run
        session.phase("fitting the prior")
        prepared = self._prepare_networks(
            Z, T, rng=rng, validation=validation, groups=groups, device=session.device
        )
        means = {"column means": self._transform.groups[0].scale.center}
        group.check_alike(means | prepared.summary())
        run = ready_run(prepared, float(self.mi_weight))
        run.score = group.agreed(run.score)
        group.align(run.networks)
        product = prepared.parameters.largest_product()
        with cpu_threads_for(product, session.device):
            record = train_gan(
                group.share_networks(run.networks),
                group.share_batches(run.batches),
                run.weights,
                session.loop(run.score),
            )
            group.align(run.networks)
            session.phase("choosing the scale of the residual")
            return self._end_run(run, record, prepared)

    def _prepare_networks(
        self,
        Z: np.ndarray,
        T: np.ndarray,
        *,
        rng: np.random.Generator,
        validation: np.ndarray,
        groups: np.ndarray | None,
        device: torch.device,
    ) -> Preparation:
        prior = self._fit_prior(Z, T, groups, rng, trained=self._n_steps() > 0)
        parameters = self._network_parameters(Z, T, prior.sizes, device)
        prepared = prepare(Z, T, prior, parameters, validation, rng=rng, device=device)
        prior.attach_residuals(Z, T)  # in the memory of Z
        return prepared

    def _end_run(
        self, run: TrainingRun, record: GanRecord, prepared: Preparation
    ) -> ResidualSampler:
        """Set the attributes that training leaves, and return the sampler."""
        sampler, score = finish_run(
            run,
            record,
            prepared.layout.sizes,
            rejection_rate=float(self.rejection_rate),
            choose_scale=self.residual_penalty == "auto",
        )
        self._set_run(record, score, prepared.row_means.device)
        self.loss_curve_ = record.generator_loss
        self.critic_loss_curve_ = record.critic_loss
        self.train_mi_curve_ = record.information
        several = len(prepared.layout.sizes) > 1
        self.pair_mi_curve_ = record.pair_information if several else None
        self.residual_scale_ = sampler.residual_scale
        return sampler

    # ---------------------------------------------------------------- parameters

    def _network_parameters(
        self,
        Z: np.ndarray,
        T: np.ndarray,
        widths: tuple[int, ...],
        device: torch.device,
    ) -> NetworkParameters:
        """Resolve the parameters that depend on the data; refuse bad combinations."""
        for name in ("mi_weight", "max_iter"):
            if self.rejection_rate > 0 and getattr(self, name) == 0:
                raise ValueError(
                    "rejection_rate ranks samples by the recognition head, which "
                    f"{name}=0 leaves untrained. Set {name} above 0 or rejection_rate=0."
                )
        conditioned = hasattr(self, "n_condition_features_in_")
        n_rows = int((~np.isnan(Z).any(axis=1)).sum()) if len(widths) > 1 else len(Z)
        sizes = component_sizes(
            self.n_components, n_rows, T.shape[1], widths, conditioned=conditioned
        )
        width = _MAX_WIDTH if len(widths) > 1 else _hidden_width(sum(sizes))
        return NetworkParameters(
            sizes=sizes,
            generator_sizes=self._layer_sizes("generator_hidden_layer_sizes", width),
            critic_sizes=self._layer_sizes("critic_hidden_layer_sizes", width),
            latent_dim=int(self.latent_dim),
            n_codes=int(self.n_continuous_codes),
            generator_lr=float(self.generator_learning_rate),
            critic_lr=float(self.critic_learning_rate),
            batch_size=int(self.batch_size),
            penalty=self._penalty(),
            autocast=resolve_precision(self.precision, device),
            gaussian_head=conditioned and self.condition_head == "gaussian",
        )

    def _n_steps(self) -> int:
        """Return the training steps at most; the columns have been read."""
        if self.max_iter != "auto":
            return int(self.max_iter)
        paired = self.modalities is not None or hasattr(self, "n_condition_features_in_")
        return _MAX_ITER if paired or self.rejection_rate > 0 else 0

    def _penalty(self) -> float:
        given = self.residual_penalty
        return _PENALTY if isinstance(given, str) else float(given)

    def _layer_sizes(self, name: str, width: int) -> tuple[int, ...]:
        sizes = getattr(self, name)
        if isinstance(sizes, str):
            return width, width
        checked = checked_layer_sizes(sizes, name)
        if not checked:
            raise ValueError(f"{name} must have at least one layer, got {sizes!r}.")
        return checked

    def _check_state(self) -> None:
        super()._check_state()
        self._check_prior(self._generator.prior)

    # ---------------------------------------------------------------- surroundings

    @contextmanager
    def _session(
        self, X: np.ndarray, targets: np.ndarray, condition: np.ndarray | None
    ) -> Iterator[int]:
        device = resolve_device(self.device)
        group: SingleProcess = SingleProcess()
        if self.data_parallel:
            device = self._device_of_process(device, condition)
            group = ProcessGroup(device)
        arrays = {"X": X, "targets": targets, "condition": condition}
        if self._effects is not None:
            arrays["covariates"] = self._effects.rows
        with training_session(
            self,
            X,
            self._target.given_back(targets),
            data=arrays,
            eval_interval=EVAL_INTERVAL,
            shown={"loss": "generator_loss", "mi": "information"},
            memory_advice=MEMORY_ADVICE,
            max_iter=self._n_steps(),
            multiply_adds=2**40,  # of the preparation; training has its own number
            device=device,
            group=group,
        ) as session:
            self._run = session, group
            try:
                yield session.seed
            finally:
                del self._run

    def _device_of_process(
        self, device: torch.device, condition: np.ndarray | None
    ) -> torch.device:
        """Give each process of a machine a GPU of its own."""
        if self.modalities is not None or condition is not None:
            raise ValueError(
                "data_parallel=True is not supported with modalities or a condition: the "
                "information between them is measured within a batch and cannot be added "
                "up over the shares of it. Set data_parallel=False, or fit the rows "
                "without them."
            )
        if device.type != "cuda" or str(self.device) != "auto":
            return device
        return resolve_device(f"cuda:{os.environ.get('LOCAL_RANK', device.index)}")

    @contextmanager
    def _sampling(self) -> Iterator[None]:
        device, sampler = resolve_device(self.device), self._generator
        with ExitStack() as stack:
            stack.enter_context(torch_defaults())
            stack.enter_context(memory_remedy(device, MEMORY_ADVICE))
            stack.enter_context(on_device(device, sampler.generator, sampler.critic))
            yield

    def _shows_progress(self) -> bool:
        return not self.data_parallel or torch.distributed.get_rank() == 0


def component_sizes(
    n_components: int | str,
    n_rows: int,
    n_targets: int,
    widths: tuple[int, ...],
    *,
    conditioned: bool = False,
) -> tuple[int, ...]:
    """Return how many leading directions of each group of columns the networks see.

    A direction whose variance depends on a handful of rows lets a critic tell generated
    rows from real ones by the number of rows alone: ``"auto"`` takes one direction for each
    four rows, 8 to 512. Several modalities share what one of all these columns would get,
    in proportion to their columns, and at least one each (with "auto" 8, or all there are:
    of five columns next to hundreds, the networks would see one direction otherwise). Rows
    with a condition get as many as without; the condition gets half as many, at least 8.
    """

    def resolved(width: int) -> int:
        if n_components != "auto":
            return min(int(n_components), width)
        wanted = (n_rows - n_targets) // _ROWS_PER_COMPONENT
        return min(width, max(_MIN_COMPONENTS, min(wanted, _MAX_COMPONENTS)))

    if conditioned:
        width, condition_width = widths
        wanted = resolved(width)
        return wanted, min(max(wanted // 2, _MIN_COMPONENTS), condition_width)
    if len(widths) == 1:
        return (resolved(widths[0]),)
    total = sum(widths)
    least = _MIN_COMPONENTS if n_components == "auto" else 1
    shares = (round(resolved(total) * width / total) for width in widths)
    return tuple(min(max(n, least), w) for n, w in zip(shares, widths, strict=True))


def _hidden_width(n_components: int) -> int:
    """Return the units of each of the two hidden layers.

    Three for each direction that the networks see, 128 to 256, in steps of 32. On tables of
    2 to 47 columns (rings, moons, scikit-learn's clusters and breast cancer, three seeds)
    samples of 128 units were worth as much to classifiers as those of 256, in half to three
    quarters of the time.
    """
    wanted = _UNITS_PER_COMPONENT * n_components
    rounded = _WIDTH_STEP * math.ceil(wanted / _WIDTH_STEP)
    return min(max(rounded, _MIN_WIDTH), _MAX_WIDTH)
