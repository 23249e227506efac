"""The trained generator: samples of the prior moved by a residual network."""

from dataclasses import dataclass

import numpy as np
import torch

from skmiaug.nn import Critic, ResidualGenerator
from skmiaug.over_sampling.prior._prior import Prior
from skmiaug.training.gan import Layout, discriminate, generate


@dataclass
class ResidualSampler:
    """Prior and networks; numpy arrays and CPU modules.

    Attributes
    ----------
    prior : Prior
    generator : ResidualGenerator
    critic : Critic
        Its recognition head ranks samples where some are rejected.
    sizes : tuple of int
        Leading coordinates of each group that the networks see.
    residual_scale : float
        Factor on the residual, in [0, 1]: chosen on held-out rows.
    rejection_rate : float
        Share of the samples that is thrown away, in [0, 1).
    """

    prior: Prior
    generator: ResidualGenerator
    critic: Critic
    sizes: tuple[int, ...]
    residual_scale: float
    rejection_rate: float

    @property
    def layout(self) -> Layout:
        """The groups of columns as the networks know them."""
        return Layout(self.sizes, self.prior.n_generated)

    def sample(
        self, T: np.ndarray, *, rng: np.random.Generator, given: np.ndarray | None = None
    ) -> np.ndarray:
        """Draw a row of coordinates for each target, as ``Prior.sample`` does.

        With a rejection rate r, 1 / (1 - r) rows are drawn for each one that is returned,
        and the one whose target the recognition head is surest of is kept.
        """
        if self.rejection_rate == 0:
            return self._propose(T, rng, given)
        n = len(T)
        owner = np.arange(int(np.ceil(n / (1 - self.rejection_rate)))) % n
        proposed = self._propose(T[owner], rng, None if given is None else given[owner])
        log_q = self._log_posterior(proposed, T[owner])
        order = np.lexsort((-log_q, owner))
        return proposed[order[np.searchsorted(owner[order], np.arange(n))]]

    def target_log_density(self, given: np.ndarray) -> np.ndarray:
        """Return the log density of given groups under each target, by the prior."""
        return self.prior.target_log_density(given)

    def moved_to_means(self, given: np.ndarray, T: np.ndarray) -> np.ndarray:
        """Return given groups moved to the means of their targets, see ``Prior``."""
        return self.prior.moved_to_means(given, T)

    def _propose(
        self, T: np.ndarray, rng: np.random.Generator, given: np.ndarray | None
    ) -> np.ndarray:
        Z = self.prior.sample(T, rng=rng, given=given)
        if self.residual_scale == 0:
            return Z
        layout, columns = self.layout, self._columns()
        weight = self.generator.enter.weight
        noise_rng = torch.Generator(weight.device).manual_seed(int(rng.integers(2**62)))
        n_context = layout.n_features - layout.n_generated
        latent_width = self.generator.n_latent - n_context - layout.n_flags
        with torch.inference_mode():
            noise = torch.randn(
                len(T), latent_width, generator=noise_rng, device=weight.device
            )
            samples, _ = generate(
                self.generator,
                layout,
                torch.from_numpy(Z[:, columns]).to(weight.device),
                noise,
                torch.from_numpy(T).to(weight.device),
                self._given_groups(given, weight.device),
                scale=self.residual_scale,
            )
        generated = columns[: layout.n_generated]
        Z[:, generated] = samples[:, : layout.n_generated].cpu().numpy()
        return Z

    def _given_groups(
        self, given: np.ndarray | None, device: torch.device
    ) -> torch.Tensor | None:
        if given is None or not self.layout.n_flags:
            return None
        first = np.cumsum([0, *self.prior.widths[:-1]])
        return torch.from_numpy(~np.isnan(given[:, first])).float().to(device)

    def _log_posterior(self, Z: np.ndarray, T: np.ndarray) -> np.ndarray:
        weight = self.generator.enter.weight
        with torch.inference_mode():
            targets = torch.from_numpy(T).to(weight.device)
            values = torch.from_numpy(Z[:, self._columns()]).to(weight.device)
            logits = discriminate(self.critic, values, targets, self.layout).class_logits
            return (torch.log_softmax(logits, dim=1) * targets).sum(dim=1).cpu().numpy()

    def _columns(self) -> np.ndarray:
        return self.prior.leading(tuple(range(len(self.sizes))), self.sizes)[0]

    def check(self) -> None:
        """Raise ValueError if the pieces do not belong together."""
        layout, q = self.layout, len(self.prior.row_means)
        n_context = layout.n_features - layout.n_generated
        shapes = [
            ("sizes", len(self.sizes), len(self.prior.widths)),
            ("generator", self.generator.n_features, layout.n_generated),
            ("generator", self.generator.n_targets, q),
            ("critic", self.critic.n_features, layout.n_generated),
            ("critic", self.critic.n_targets, q),
            ("critic", self.critic.n_context, n_context),
        ]
        for name, found, expected in shapes:
            if found != expected:
                raise ValueError(f"{name} of size {found}, expected {expected}")
        sizes = zip(self.sizes, self.prior.sizes, strict=True)
        if not all(0 < m <= most for m, most in sizes):
            raise ValueError("sizes beyond those of the prior")
        if self.generator.n_latent < n_context + layout.n_flags + self.critic.n_codes:
            raise ValueError("generator of too few inputs")
        if not 0 <= self.residual_scale <= 1 or not 0 <= self.rejection_rate < 1:
            raise ValueError("residual_scale or rejection_rate outside of its range")
