"""How dense each class is at a row that was left out of it, for any spread.

With spread s, a row of class c is drawn from a mixture of normals. Around the row j of the
class, whose deviation from the class mean is r_j, there is one with

    centre m_c + p r_j,    p = sqrt(1 - s²),    covariance s² S,

where m_c is the shrunken class mean and S the shrunken covariance that all classes share.
At s = 1 the mixture is the class Gaussian. In whitened coordinates S is the identity.

A row tells how well the mixtures describe rows to come only if it is left out of all that
was taken from it. For the row i these are

- its own normal;
- the mean of its class: without it, the mean is off by -r_i / (n_c - 1), and with the share
  k_c of the mean that its shrinkage has left, the centres of its own class move by
  (p - k_c) r_i / (n_c - 1);
- the covariance: with the weight w that r rᵀ had in it, it is I - b_i r_i r_iᵀ without the
  row, b_i = w n_c / (n_c - 1). The inverse is I + g_i r_i r_iᵀ with
  g_i = b_i / (1 - b_i |r_i|²) (Sherman and Morrison). With fewer rows than features this
  matters most: S has been drawn out to just where the row is.

How much is shrunken is not chosen anew.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

_NEGLIGIBLE = -60.0
_LEAST_LEFT = 1e-4


@dataclass(frozen=True)
class FittedRows:
    """Rows and what was fitted to them, in whitened coordinates.

    Attributes
    ----------
    rows : Tensor of shape (n, n_features)
        All rows, or some of each class.
    classes : Tensor of shape (n,)
    row_means, means : Tensor of shape (n_classes, n_features)
        Means of the rows of each class, and the same shrunken.
    kept : Tensor of shape (n_classes,)
        What the shrinkage has left of each class mean.
    counts : Tensor of shape (n_classes,)
        Rows of each class that all was fitted to.
    weight : float
        Of the square of one deviation in the covariance; 0 to leave no row out of it.
    """

    rows: Tensor
    classes: Tensor
    row_means: Tensor
    means: Tensor
    kept: Tensor
    counts: Tensor
    weight: float = 0.0

    @classmethod
    def of(
        cls,
        *,
        rows: np.ndarray,
        classes: np.ndarray,
        row_means: np.ndarray,
        means: np.ndarray,
        kept: np.ndarray,
        counts: np.ndarray,
        shrinkage: float,
        device: torch.device,
    ) -> "FittedRows":
        """Take arrays to the device.

        ``shrinkage`` is the weight of the identity in the covariance, which has as many
        degrees of freedom as there are rows less classes.
        """

        def tensor(array: np.ndarray) -> Tensor:
            return torch.from_numpy(array).to(device)

        return cls(
            tensor(rows),
            tensor(classes),
            tensor(row_means),
            tensor(means),
            tensor(kept),
            tensor(counts),
            weight=(1 - shrinkage) / max(int(counts.sum()) - len(counts), 1),
        )

    @cached_property
    def deviations(self) -> Tensor:
        """Rows less the mean of their class."""
        return self.rows - self.row_means[self.classes]

    @cached_property
    def stretch(self) -> Tensor:
        """The g of each row, (n,): how much further it is along itself without it."""
        own = self.counts[self.classes].to(self.rows)
        taken = self.weight * own / (own - 1).clamp(min=1)
        left = 1 - taken * self.deviations.square().sum(dim=1)
        return taken / left.clamp(min=_LEAST_LEFT)

    def left_out_log_densities(self, spreads: tuple[float, ...]) -> Tensor:
        """Log densities of all rows under all classes, each row left out of its own.

        Returns
        -------
        Tensor of shape (n_spreads, n, n_classes)
            Up to a constant of each spread. Without meaning for the class whose only row
            it is.
        """
        by_class = [_ClassMixture.of(self, c) for c in range(len(self.means))]
        return torch.stack(
            [
                torch.stack([m.log_density(s, self.stretch) for m in by_class], dim=1)
                for s in spreads
            ]
        )


@dataclass
class _ClassMixture:
    """Products of all rows x_i with the normals j of one class, which serve any spread.

    Attributes
    ----------
    member : Tensor of shape (n,), bool
    step : float
        1 / (n_c - 1), which a row is of its class mean.
    kept : float
    distance : Tensor of shape (n,)
        |x_i - m|²
    along : Tensor of shape (n,)
        r_i·(x_i - m)
    own_length : Tensor of shape (n,)
        |r_i|²
    products : Tensor of shape (n, n_members)
        (x_i - m)·r_j
    turned : Tensor of shape (n, n_members)
        r_i·r_j
    length : Tensor of shape (n_members,)
        |r_j|²
    """

    member: Tensor
    step: float
    kept: float
    distance: Tensor
    along: Tensor
    own_length: Tensor
    products: Tensor
    turned: Tensor
    length: Tensor

    @classmethod
    def of(cls, fitted: FittedRows, c: int) -> "_ClassMixture":
        """Take the products for class c."""
        member = fitted.classes == c
        away, deviations = fitted.rows - fitted.means[c], fitted.deviations
        own_length = deviations.square().sum(dim=1)
        return cls(
            member=member,
            step=1.0 / max(int(fitted.counts[c]) - 1, 1),
            kept=float(fitted.kept[c]),
            distance=away.square().sum(dim=1),
            along=(deviations * away).sum(dim=1),
            own_length=own_length,
            products=away @ deviations[member].T,
            turned=deviations @ deviations[member].T,
            length=own_length[member],
        )

    def log_density(self, spread: float, stretch: Tensor) -> Tensor:
        """Log density of all rows, (n,), up to a constant; of members without themselves.

        -(|v|² + g (r_i·v)²) / 2s² for each v = x_i + t r_i - m - p r_j, in powers of
        r_i·r_j. Here t = (k - p) step moves a member instead of the centres, and is 0 for
        any other row.
        """
        pull, factor = math.sqrt(1 - spread**2), -0.5 / spread**2
        member = self.member.to(self.products)
        moved = (self.kept - pull) * self.step * member
        along = self.along + moved * self.own_length
        constant = self.distance + moved * (2 * self.along + moved * self.own_length)
        constant = factor * (constant + stretch * along.square())
        if pull == 0:
            return constant

        linear = (-2 * pull * factor * (moved + stretch * along))[:, None]
        quadratic = (pull**2 * factor * stretch)[:, None]
        exponent = torch.addcmul(linear, quadratic, self.turned).mul_(self.turned)
        exponent.add_(self.products, alpha=-2 * pull * factor)
        exponent.add_(pull**2 * factor * self.length)
        itself = torch.arange(exponent.shape[1], device=exponent.device)
        exponent[self.member.nonzero()[:, 0], itself] = -math.inf
        n_others = (exponent.shape[1] - member).clamp(min=1)
        return constant + _log_sum_exp(exponent) - n_others.log()


def _log_sum_exp(exponent: Tensor) -> Tensor:
    """Log of the summed exponentials of each row; overwrites them."""
    # By hand, since the exponential of what is as good as 0 takes ten times as long.
    largest = exponent.amax(dim=1, keepdim=True).clamp_(min=torch.finfo(exponent.dtype).min)
    total = exponent.sub_(largest).clamp_(min=_NEGLIGIBLE).exp_().sum(dim=1)
    return total.log_() + largest[:, 0]
