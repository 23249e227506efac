"""From rows and settings to a fitted sampler."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from skmiaug.metrics import InformationEstimate, classifier_information
from skmiaug.over_sampling._class_gaussian import (
    ClassGaussian,
    fit_class_gaussian,
    means_by_class,
)
from skmiaug.over_sampling._column_scale import ColumnScale
from skmiaug.over_sampling._held_out import taught_information
from skmiaug.over_sampling._joint_sampler import JointSampler
from skmiaug.over_sampling._row_sampler import RowSampler
from skmiaug.over_sampling._settings import (
    LOOK_EVERY,
    FitSettings,
    equal_class_entropy,
    held_out_counts,
)
from skmiaug.over_sampling._spread import SPREAD_GRID, choose_spread
from skmiaug.training import (
    Checkpoint,
    EarlyStopping,
    GanBatches,
    GanEvents,
    GanPlayers,
    GanWeights,
    TrainingRecord,
    build_players,
    train_gan,
)
from skmiaug.training._gan_batches import draw_start
from skmiaug.utils._random import numpy_generator, torch_generator
from skmiaug.utils._threads import cpu_threads_for

_HOLD_OUT, _SUBSAMPLE, _WEIGHTS, _BATCHES, _PROBE = range(5)
_SPREAD_ROWS = 2000
_PROBE_ROWS = 4096
_MEASURED_ROWS = 256
_STRENGTHS = (0.0, 0.5, 1.0)


@dataclass
class FittedSampler:
    """What a fit returns: the sampler, how training went, and what the rows say."""

    sampler: RowSampler | JointSampler
    record: TrainingRecord
    information: InformationEstimate


@dataclass
class _Prepared:
    """Whitened rows on the device, sorted by class, and what was held out of them."""

    rows: Tensor
    classes: Tensor
    kept: Tensor
    held_out: Tensor
    row_means: Tensor
    means: Tensor
    spread: float


def fit_row_sampler(
    X: np.ndarray,
    classes: np.ndarray,
    n_classes: int,
    settings: FitSettings,
    *,
    seed: int,
    device: torch.device,
    on_look: Callable[[TrainingRecord], bool],
    checkpoint: Checkpoint | None,
) -> FittedSampler:
    """Fit start, spread, networks and their strength to ``X`` (n, n_features)."""
    scale = ColumnScale.fit(X)
    order = np.argsort(classes, kind="stable")
    sorted_classes = classes[order]
    Z = scale.transform(X[order] if (np.diff(order) != 1).any() else X)
    gaussian = fit_class_gaussian(Z, sorted_classes, n_classes)
    whitened = gaussian.whiten_in_place(Z)

    with cpu_threads_for(settings.largest_product(), device):
        prepared = _prepare(whitened, sorted_classes, gaussian, settings, seed, device)
        players = _build(settings, n_classes, seed, device)
        record, strength = _train(players, prepared, settings, seed, on_look, checkpoint)

    spread = prepared.spread
    row_deviations = None
    if spread < 1.0:
        class_means = means_by_class(whitened, sorted_classes, n_classes)
        whitened -= class_means.astype(np.float32)[sorted_classes]
        row_deviations = whitened
    for _, module in players.modules():
        module.cpu().eval()
    sampler = RowSampler(
        scale=scale,
        gaussian=gaussian,
        generator=players.generator,
        critic=players.critic,
        n_components=settings.n_components,
        latent_width=settings.latent_dim + settings.n_continuous_codes,
        spread=spread,
        residual_strength=strength,
        rejection=settings.rejection,
        row_deviations=row_deviations,
        class_begin=np.searchsorted(sorted_classes, np.arange(n_classes + 1)),
    )
    information = _measure_information(sampler, prepared, seed, device)
    return FittedSampler(sampler, record, information)


def _prepare(
    whitened: np.ndarray,
    classes: np.ndarray,
    gaussian: ClassGaussian,
    settings: FitSettings,
    seed: int,
    device: torch.device,
) -> _Prepared:
    """Hold rows out, shrink the means of the rest alike, choose the spread."""
    m, n_classes = settings.n_components, len(gaussian.means)
    held = hold_out(classes, n_classes, settings.validation_fraction, seed)
    rows = torch.from_numpy(np.ascontiguousarray(whitened[:, :m])).to(device)
    labels = torch.from_numpy(classes).to(device)
    kept = torch.from_numpy(np.flatnonzero(~held)).to(device)
    # The class means of the kept rows, shrunken as much as those of all rows.
    row_means = torch.from_numpy(
        means_by_class(whitened[~held, :m], classes[~held], n_classes).astype(np.float32)
    ).to(device)
    keep = torch.from_numpy((1 - gaussian.mean_shrinkage).astype(np.float32)).to(device)
    means = keep[:, None] * row_means
    spread = settings.spread
    if spread is None:
        some = subsample(len(classes), seed)
        picked = torch.from_numpy(some).to(device)
        spread = choose_spread(
            rows[picked],
            labels[picked],
            torch.from_numpy(
                means_by_class(whitened[:, :m], classes, n_classes).astype(np.float32)
            ).to(device),
            torch.from_numpy(gaussian.means[:, :m].copy()).to(device),
            SPREAD_GRID,
        )
    held_out = torch.from_numpy(np.flatnonzero(held)).to(device)
    return _Prepared(rows, labels, kept, held_out, row_means, means, spread)


def hold_out(classes: np.ndarray, n_classes: int, fraction: float, seed: int) -> np.ndarray:
    """Mask (n,) of the rows to hold out, drawn class by class."""
    rng = numpy_generator(seed, _HOLD_OUT)
    wanted = held_out_counts(np.bincount(classes, minlength=n_classes), fraction)
    held = np.zeros(len(classes), dtype=bool)
    for c in range(n_classes):
        held[rng.choice(np.flatnonzero(classes == c), wanted[c], replace=False)] = True
    return held


def subsample(n: int, seed: int) -> np.ndarray:
    if n <= _SPREAD_ROWS:
        return np.arange(n)
    chosen = numpy_generator(seed, _SUBSAMPLE).choice(n, _SPREAD_ROWS, replace=False)
    return np.sort(chosen)


def _build(
    settings: FitSettings, n_classes: int, seed: int, device: torch.device
) -> GanPlayers:
    return build_players(
        n_features=settings.n_components,
        n_classes=n_classes,
        latent_dim=settings.latent_dim,
        n_codes=settings.n_continuous_codes,
        generator_sizes=settings.generator_hidden_layer_sizes,
        critic_sizes=settings.critic_hidden_layer_sizes,
        generator_lr=settings.generator_learning_rate,
        critic_lr=settings.critic_learning_rate,
        seed=int(numpy_generator(seed, _WEIGHTS).integers(2**31)),
        device=device,
    )


def _train(
    players: GanPlayers,
    prepared: _Prepared,
    settings: FitSettings,
    seed: int,
    on_look: Callable[[TrainingRecord], bool],
    checkpoint: Checkpoint | None,
) -> tuple[TrainingRecord, float]:
    """Train both players; return the record and the strength of the residual to use."""
    n_classes = len(prepared.means)
    rows, labels = prepared.rows[prepared.kept], prepared.classes[prepared.kept]
    count = torch.bincount(labels, minlength=n_classes)
    batches = GanBatches(
        rows=rows,
        row_means=prepared.row_means,
        class_begin=torch.cumsum(count, 0) - count,
        class_count=count,
        means=prepared.means,
        spread=prepared.spread,
        latent_width=settings.latent_dim + settings.n_continuous_codes,
        batch_size=min(settings.batch_size, max(len(rows), 2)),
        generator=torch_generator(seed, _BATCHES, rows.device),
    )
    probe = _Probe(prepared, batches, n_classes, seed)
    weights = GanWeights(
        information=settings.mi_weight,
        leash=settings.leash,
        entropy=equal_class_entropy(n_classes),
        autocast=settings.autocast,
    )
    record = train_gan(
        players,
        batches,
        weights,
        max_iter=settings.max_iter,
        look_every=LOOK_EVERY,
        stopping=EarlyStopping(settings.n_iter_no_change, settings.tol),
        events=GanEvents(probe.score, on_look, checkpoint, seed),
    )
    scores = {strength: probe.score(players, strength) for strength in _STRENGTHS}
    if not settings.choose_strength or scores[1.0] is None:
        return record, 1.0
    # The shortest residual of equals.
    return record, max(_STRENGTHS, key=lambda strength: (scores[strength], -strength))


def _measure_information(
    sampler: RowSampler, prepared: _Prepared, seed: int, device: torch.device
) -> InformationEstimate:
    """Bound I(c; x̂) of generated rows by a classifier that saw real rows alone."""
    n_classes = len(prepared.means)
    some = subsample(len(prepared.classes), seed)
    made = [
        sampler.draw_whitened(_MEASURED_ROWS, c, seed=seed, device=device).cpu().numpy()
        for c in range(n_classes)
    ]
    return classifier_information(
        prepared.rows.cpu().numpy()[some],
        prepared.classes.cpu().numpy()[some],
        np.concatenate(made),
        np.repeat(np.arange(n_classes), _MEASURED_ROWS),
    )


class _Probe:
    """Scores the players by what their rows teach about the held-out ones.

    The same starts and the same noise at every look, so that two looks differ by the
    networks alone.
    """

    def __init__(self, prepared: _Prepared, batches: GanBatches, n_classes: int, seed: int):
        device = prepared.rows.device
        rng = torch_generator(seed, _PROBE, device)
        per_class = _PROBE_ROWS // n_classes + 1
        self.classes = torch.arange(n_classes, device=device).repeat_interleave(per_class)
        uniform = torch.rand(len(self.classes), generator=rng, device=device)
        count = batches.class_count[self.classes]
        picked = batches.class_begin[self.classes] + (uniform * count).long().clamp(
            max=count - 1
        )
        around = batches.rows[picked] - batches.row_means[self.classes]
        self.start = draw_start(batches.means[self.classes], around, batches.spread, rng)
        self.latent = torch.randn(
            len(self.classes), batches.latent_width, generator=rng, device=device
        )
        self.real = prepared.rows[prepared.held_out]
        self.real_classes = prepared.classes[prepared.held_out]
        self.n_classes = n_classes

    def score(self, players: GanPlayers, strength: float = 1.0) -> float | None:
        """Information in nats that is passed on; None when no row was held out."""
        if len(self.real) == 0:
            return None
        with torch.inference_mode():
            residual = players.generator(self.start, self.latent, self.classes)
            made = self.start + strength * residual
            return taught_information(
                made, self.classes, self.real, self.real_classes, self.n_classes
            )
