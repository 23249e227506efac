"""Batches, drawn on the device without a host synchronisation."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from skmiaug.utils._random import draw_below


class GanBatch(NamedTuple):
    """One step's input; n is the batch size.

    Attributes
    ----------
    real : Tensor of shape (n, n_features)
        Real rows, whitened; classes are equally likely, rows of a class too.
    real_classes : Tensor of shape (n,)
    start : Tensor of shape (n, n_features)
        Draws from the class Gaussian, where the generator starts.
    start_classes : Tensor of shape (n,)
    latent : Tensor of shape (n, latent_dim + n_codes)
        Noise z, then the continuous codes; standard normal.
    """

    real: Tensor
    real_classes: Tensor
    start: Tensor
    start_classes: Tensor
    latent: Tensor


@dataclass
class GanBatches:
    """Draws balanced batches of real rows and of starts.

    Attributes
    ----------
    rows : Tensor of shape (n_rows, n_features)
        Whitened real rows, sorted by class.
    row_means : Tensor of shape (n_classes, n_features)
        Class means of the rows that are drawn, not shrunken.
    class_begin, class_count : Tensor of shape (n_classes,)
        Where each class begins in ``rows``, and how many rows from there on are drawn.
    means : Tensor of shape (n_classes, n_features)
        Shrunken class means, whitened.
    spread : float
        Share of the draw that comes from the class Gaussian, see ``draw_start``.
    latent_width : int
        Columns of ``GanBatch.latent``.
    batch_size : int
    generator : torch.Generator
        The only source of randomness.
    """

    rows: Tensor
    row_means: Tensor
    class_begin: Tensor
    class_count: Tensor
    means: Tensor
    spread: float
    latent_width: int
    batch_size: int
    generator: torch.Generator

    def draw(self) -> GanBatch:
        """Draw the next batch."""
        classes = self._balanced_classes(2 * self.batch_size)
        real_classes, start_classes = classes.split(self.batch_size)
        # index_select copies whole rows, a few times as fast as indexing.
        picked = self.rows.index_select(0, self.rows_of(classes))
        real, near = picked.split(self.batch_size)
        centre = self._centre.index_select(0, start_classes)
        start = draw_start(centre, near, self.spread, self.generator)
        latent = self._normal(self.batch_size, self.latent_width)
        return GanBatch(real, real_classes, start, start_classes, latent)

    @cached_property
    def _centre(self) -> Tensor:
        """What makes ``draw_start`` of rows that of their deviations, (n_classes, ...)."""
        return self.means - pull_of(self.spread) * self.row_means

    def _balanced_classes(self, n: int) -> Tensor:
        return torch.randint(
            len(self.class_count), (n,), generator=self.generator, device=self.rows.device
        )

    def rows_of(self, classes: Tensor) -> Tensor:
        """Draw the numbers (n,) of rows of these classes, each as likely as any other."""
        offset = draw_below(self.class_count.index_select(0, classes), self.generator)
        return self.class_begin.index_select(0, classes) + offset

    def _normal(self, n: int, width: int) -> Tensor:
        return torch.randn(
            n, width, generator=self.generator,
            device=self.rows.device, dtype=self.rows.dtype,
        )  # fmt: skip


def draw_start(
    means: Tensor, deviations: Tensor | None, spread: float, generator: torch.Generator
) -> Tensor:
    """Return means + sqrt(1 - spread²) · deviations + spread · noise, (n, n_features).

    Whatever the spread, the class mean and (in expectation) the class covariance stay:
    at 0 a draw is a real row moved to the shrunken mean, at 1 it is a draw from the class
    Gaussian (``deviations`` may then be None).
    """
    noise = torch.randn(
        means.shape, generator=generator, device=means.device, dtype=means.dtype
    )
    start = noise.mul_(spread).add_(means)
    if deviations is not None and spread < 1.0:
        start.add_(deviations, alpha=pull_of(spread))
    return start


def pull_of(spread: float) -> float:
    """How far a draw follows the real row that it lies around: sqrt(1 - spread²)."""
    return (1.0 - spread**2) ** 0.5
