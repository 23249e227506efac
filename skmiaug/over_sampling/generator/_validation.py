"""The validation score of a generator: train on synthetic rows, test on real ones."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import torch
from scipy.special import digamma
from torch import Tensor

from skmiaug.training.gan import (
    GanBatches,
    GanNetworks,
    Rows,
    excess,
    generate,
    less_margin,
    read_pairs,
    sampling_weights,
)

_RIDGE = 0.1
_ROWS_PER_DIRECTION = 32
_MIN_ROWS, _MAX_ROWS = 1024, 4096
_PAIR_ROWS, _PAIR_BLOCKS = 512, 4
_LINEAR_ROWS = 1024, 3  # at least, and for each column
# The whitening leaves more than this of the variance of every column.
_MIN_VARIANCE = 1e-4


class ValidationScorer:
    """Scores networks on held-out rows, in nats; higher is better.

    The score is the information that generated rows carry over to a linear discriminant
    which is tested on the held-out rows (:func:`tstr_information`). With several groups of
    columns, three terms are added. The heads measure how much nearer the generated rows
    are to the held-out ones than the prior in the dependence between groups; since heads
    change during training, the prior is measured anew at each check. And linear dependence
    that exceeds both that of the real rows and that of the prior counts against the
    networks, since heads cannot see what real rows do not have.

    All checks use the same prior samples and noise, so that two checks differ only by the
    networks.

    Parameters
    ----------
    batches : GanBatches
    generator : torch.Generator
        Source of the samples and noise, not that of the batches.
    with_pairs : bool
        Whether the heads are trained.
    """

    def __init__(
        self, batches: GanBatches, generator: torch.Generator, *, with_pairs: bool
    ):
        layout, self.held_out = batches.layout, batches.held_out
        own = replace(batches, generator=generator)
        n_targets = batches.row_means.shape[0]
        several = len(layout.sizes) > 1
        wanted = _MAX_ROWS if several else _ROWS_PER_DIRECTION * layout.n_features
        n = min(max(wanted, _MIN_ROWS), _MAX_ROWS) + 2 * n_targets
        near = own.rows.take(_evenly(own.rows.targets, n))
        blocks = [(slice(None), layout.always_given)] if layout.always_given else []
        self.prior = near._replace(values=own.draw_prior(near.targets, near.values, blocks))
        self.noise = torch.randn(
            n, batches.latent_width, generator=generator, device=near.values.device
        )
        self.layout = layout
        self.with_pairs = several and with_pairs and len(self.held_out) > 0
        if self.with_pairs:
            shuffled = torch.randperm(n, generator=generator, device=near.values.device)
            self.picked = shuffled[:_PAIR_ROWS]
            self.pairs = own.draw_held_out(_PAIR_ROWS)
            self._limit_linear(batches.rows.take(torch.arange(len(batches.rows))))

    def score(self, networks: GanNetworks, scale: float = 1.0) -> float | None:
        """Return the score of the residual times ``scale``; None without held-out rows."""
        if len(self.held_out) == 0:
            return None
        columns = slice(self.layout.n_generated)
        with torch.inference_mode():
            samples, _ = generate(
                networks.generator,
                self.layout,
                self.prior.values,
                self.noise,
                self.prior.targets,
                scale=scale,
            )
            score = tstr_information(
                samples[:, columns],
                self.prior.targets,
                self.held_out.values[:, columns],
                self.held_out.targets,
            )
            if self.with_pairs:
                score += self._pair_gain(networks, samples)
                score -= max(0.0, self._linear(samples) - self.max_linear)
        return score

    def _limit_linear(self, real: Rows) -> None:
        """Note the linear dependence of real rows, and of as mixed a part of the prior."""
        mass = real.targets.sum(dim=0)
        n = max(_LINEAR_ROWS[0], _LINEAR_ROWS[1] * real.values.shape[1])
        wanted = (mass * n).div(mass.sum(), rounding_mode="floor").clamp(min=2)
        classes = self.prior.targets.argmax(dim=1)
        number = torch.zeros_like(classes)
        for c in range(len(mass)):
            own = classes == c
            number[own] = torch.arange(int(own.sum()), device=classes.device)
        self.like_real = (number < wanted[classes]).nonzero().squeeze(1)
        of_real = linear_information(real.values, real.targets, self.layout.sizes)
        most = max(of_real, self._linear(self.prior.values))
        self.max_linear = math.inf if math.isnan(most) else most

    def _linear(self, samples: Tensor) -> float:
        picked = self.like_real
        return linear_information(
            samples[picked], self.prior.targets[picked], self.layout.sizes
        )

    def _pair_gain(self, networks: GanNetworks, samples: Tensor) -> float:
        """Distance of the prior from the held-out pairs less that of the samples."""
        prior = Rows(*(part[self.picked] for part in self.prior))
        wanted, of_prior, of_samples = read_pairs(
            networks.heads,
            self.layout,
            self.pairs,
            prior,
            prior._replace(values=samples[self.picked]),
            n_blocks=_PAIR_BLOCKS,
        ).mean(dim=1)
        return float(pair_gain(wanted, of_prior, of_samples).sum())


def _evenly(targets: Tensor, n: int) -> Tensor:
    """Return row numbers (n,) in which each target has the same mass, within a row or two.

    Systematic sampling, for rows that are sorted by target.
    """
    cumulative = sampling_weights(targets).cumsum(0)
    places = torch.arange(n, device=targets.device, dtype=cumulative.dtype) + 0.5
    return torch.searchsorted(cumulative, places / n).clamp(max=len(targets) - 1)


def pair_gain(wanted: Tensor, of_prior: Tensor, of_samples: Tensor) -> Tensor:
    """Return how much nearer to the wanted information samples are than the prior, nats.

    A prior without information is measured below 0. The distance from there counts as the
    gain there is to make, ``wanted`` nats: samples that are still below 0, but nearer, have
    improved, and early stopping should notice.

    Parameters
    ----------
    wanted, of_prior, of_samples : Tensor of shape (n_pairs,)
        Information that the same heads find in held-out rows, in prior samples, and in what
        was generated from these; nats.
    """
    wanted = less_margin(wanted, of_prior)
    gain = (wanted - of_prior).clamp(min=0.0) - (wanted - of_samples).clamp(min=0.0)
    distance = (wanted - of_prior).clamp(min=torch.finfo(wanted.dtype).tiny)
    gain = torch.where(of_prior < 0, gain * wanted.clamp(min=0.0) / distance, gain)
    return gain - excess(of_samples, wanted.clamp(min=0.0), of_prior)


def tstr_information(
    samples: Tensor, targets: Tensor, real: Tensor, real_targets: Tensor
) -> float:
    """Train on synthetic rows, test on real ones: the information that was carried over.

    A linear discriminant with equal priors is fitted in closed form to the synthetic rows
    and gives q(c|x) of the real ones. H(c) + E[log q(c|x)], each class weighing the same,
    is a lower bound of I(c; x) of the balanced real data (Barber and Agakov, 2003). Classes
    that are generated further apart than they are cost, since q is then overconfident.
    (With q at its best temperature that cost is gone, and the score was of no use on speech
    features: training went on for longer and the recall on other speakers fell.)

    Parameters
    ----------
    samples : Tensor of shape (n_samples, n_features)
        Synthetic rows, whitened.
    targets : Tensor of shape (n_samples, n_classes)
    real : Tensor of shape (n_real, n_features)
        Held-out rows, whitened; a class may be absent and does not count then.
    real_targets : Tensor of shape (n_real, n_classes)

    Returns
    -------
    float
        Nats, at most ln(n_classes).
    """
    mass = targets.sum(dim=0)
    means = (targets.T @ samples) / mass.clamp(min=1e-12)[:, None]
    centred = samples - targets @ means
    covariance = centred.T @ centred / len(samples)
    covariance.mul_(1 - _RIDGE).diagonal().add_(_RIDGE)
    directions = torch.linalg.solve(covariance, means.T)
    logits = real @ directions - 0.5 * (means.T * directions).sum(0)
    log_q = (torch.log_softmax(logits, dim=1) * real_targets).sum(dim=1)
    weights = sampling_weights(real_targets).to(log_q.dtype)
    return math.log(targets.shape[1]) + float(log_q @ weights)


def linear_information(values: Tensor, targets: Tensor, sizes: tuple[int, ...]) -> float:
    """Return the total correlation of Gaussian rows of this covariance, nats.

    With S the covariance of the residuals of a regression on the targets, and S_k that of
    group k, it is (Σ_k ln |S_k| - ln |S|) / 2; for two groups it is their mutual
    information. The bias on Gaussian rows is removed: ln |S| of m columns and f degrees of
    freedom is Σ_i ψ((f - i) / 2) - m ln(f / 2) too large, i from 0 to m - 1.

    Parameters
    ----------
    values : Tensor of shape (n, m)
    targets : Tensor of shape (n, n_targets)
    sizes : tuple of int
        Columns of each group, side by side; their sum is m.

    Returns
    -------
    float
        NaN where there are not more rows than columns and targets.
    """
    mass = targets.sum(dim=0)
    free = len(values) - int((mass > 0).sum())
    if free <= values.shape[1]:
        return math.nan
    means = (targets.T @ values) / mass.clamp(min=1e-12)[:, None]
    residuals = values - targets @ means
    S = (residuals.T @ residuals).cpu().numpy().astype(float) / free
    S[np.diag_indices_from(S)] += _MIN_VARIANCE
    ends = np.cumsum([0, *sizes])
    each = sum(_log_determinant(S[a:b, a:b], free) for a, b in pairwise(ends))
    return 0.5 * (each - _log_determinant(S, free))


def _log_determinant(S: np.ndarray, free: int) -> float:
    """Log-determinant of a covariance, without its bias."""
    m = len(S)
    bias = digamma((free - np.arange(m)) / 2).sum() - m * np.log(free / 2)
    return float(np.linalg.slogdet(S)[1] - bias)
