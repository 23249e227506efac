"""The parts of the table; each yields its lines as they are measured."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from imblearn.over_sampling import SMOTE

from skmiaug import MIGANAugmenter, mi_path
from tests._internals import cpu_threads_for
from tests.benchmarks.suite._corpora import corpus, imbalanced_counts
from tests.benchmarks.suite._ctgan import DEFAULT_EPOCHS, ctgan_cost
from tests.benchmarks.suite._measure import (
    Cost,
    cost_of,
    interleaved_medians,
    timed_phases,
)
from tests.benchmarks.suite._step import (
    CPU,
    build_products,
    build_step,
    default_parameters,
)
from tests.benchmarks.suite._table import Line

_PARTS = {
    "fitting the prior": "prior",
    "training": "training",
    "measuring the information": "measuring",
}
_GROWTH_STEPS = 200


@dataclass(frozen=True)
class Fit:
    """What a ``fit_resample`` of the augmenter took, and of that each part."""

    augmenter: MIGANAugmenter
    n_rows: int
    cost: Cost
    parts: dict[str, float]

    @property
    def training_seconds(self) -> float:
        """Seconds of training, with validation checks."""
        return self.parts["training"]

    @property
    def rows_per_second(self) -> float:
        """Real rows seen in a second of training."""
        batch_size = min(self.augmenter.batch_size, self.n_rows)
        return self.augmenter.n_iter_ * batch_size / self.training_seconds

    def note(self) -> str:
        """Return the parts and the number of steps in words."""
        parts = [f"{name} {self.parts[key]:.2g}" for key, name in _PARTS.items()]
        rest = self.cost.seconds - sum(self.parts.values())
        return f"{', '.join(parts)}, rows {rest:.2g}; {self.augmenter.n_iter_} steps"


def timed_fit(X: np.ndarray, y: np.ndarray, **parameters: object) -> Fit:
    """Fit with 500 training steps and resample, but for ``parameters``."""
    parameters = {"max_iter": 500} | parameters
    augmenter = MIGANAugmenter(random_state=0, device="cpu", **parameters)
    with timed_phases(tuple(_PARTS)) as parts:
        cost = cost_of(lambda: augmenter.fit_resample(X, y))
    return Fit(augmenter, len(X), cost, parts)


def steps(
    features: Sequence[int], n_rows: int, n_classes: int, *, repeats: int
) -> Iterator[Line]:
    """A training step against its matrix products."""
    counts = imbalanced_counts(n_rows, n_classes)
    seen = {default_parameters(n_rows, d, n_classes).sizes[0] for d in features}
    for m in sorted(seen | set(features)):
        parameters = default_parameters(n_rows, m, n_classes, n_components=m)
        # Both on as many threads as a fit would use.
        with cpu_threads_for(parameters.largest_product(), CPU):
            step, products = interleaved_medians(
                build_step(parameters, counts),
                build_products(parameters, n_classes),
                repeats=repeats,
            )
        yield Line(
            "training step", "step", n_rows, m, n_classes, step,
            ratio=step / products, of="its matrix products",
        )  # fmt: skip


def sizes(
    rows: Sequence[int], features: Sequence[int], n_classes: int, *, with_ctgan: bool
) -> Iterator[Line]:
    """Resampling at each size: the augmenter, SMOTE, and what a fit of CTGAN takes."""
    for d in features:
        for n in rows:
            X, y = corpus(imbalanced_counts(n, n_classes), d)
            part, size = f"{n:,} × {d}", (n, d, n_classes)
            fit = timed_fit(X, y)
            whole = fit.cost.seconds
            yield Line(part, "MIGANAugmenter", *size, *fit.cost, note=fit.note())
            smote = cost_of(lambda X=X, y=y: SMOTE(random_state=0).fit_resample(X, y))
            yield Line(part, "SMOTE", *size, *smote, ratio=smote.seconds / whole, of="ours")
            if with_ctgan:
                yield from _ctgan_lines(X, y, fit, part)


def _ctgan_lines(X: np.ndarray, y: np.ndarray, fit: Fit, part: str) -> Iterator[Line]:
    (n, d), n_classes = X.shape, len(np.unique(y))
    size = n, d, n_classes
    whole = d <= 100 and n <= 10_000
    ctgan = ctgan_cost(X, y, n_columns=None if whole else 2 if n > 10_000 else 4)
    ours = n / fit.rows_per_second
    yield Line(part, "  a training pass", *size, ours, note="validation checks included")
    yield Line(
        part, "CTGAN, a training pass", *size, ctgan.pass_seconds,
        ratio=ctgan.pass_seconds / ours, of="ours", note=ctgan.of_steps,
    )  # fmt: skip
    columns = ctgan.column_seconds
    yield Line(
        part, "CTGAN, its columns", *size, columns,
        ratio=columns / fit.cost.seconds, of="our whole fit", note=ctgan.of_columns,
    )  # fmt: skip
    total = ctgan.whole_fit()
    yield Line(
        part, "CTGAN, whole fit", *size, total,
        ratio=total / fit.cost.seconds, of="ours",
        note=f"columns and {DEFAULT_EPOCHS} passes, extrapolated from the lines above",
    )  # fmt: skip


def growth(
    *,
    rows: Sequence[int],
    features: Sequence[int],
    classes: Sequence[int],
    weights: Sequence[int],
    base: tuple[int, int, int],
) -> Iterator[Line]:
    """A fit of 200 steps as one size grows and the others stay at ``base``.

    Parameters
    ----------
    rows, features, classes, weights : sequence of int
        The sizes; each is compared with the first.
    base : tuple of (rows, features, classes)
    """
    n, d, k = base
    yield from _grown("rows", [(size, d, k) for size in rows])
    yield from _grown("features", [(n, size, k) for size in features])
    yield from _grown("classes", [(n, d, size) for size in classes])
    yield from _grown("λ together", [base] * len(weights), weights)


def _grown(
    name: str, data_sizes: Sequence[tuple[int, int, int]], weights: Sequence[int] = ()
) -> Iterator[Line]:
    first = math.nan
    for place, (n, d, k) in enumerate(data_sizes):
        X, y = corpus(imbalanced_counts(n, k), d)
        count = weights[place] if weights else 1
        augmenter = MIGANAugmenter(
            random_state=0, device="cpu",
            max_iter=_GROWTH_STEPS, n_iter_no_change=_GROWTH_STEPS,
        )  # fmt: skip
        if weights:
            grid = np.linspace(0, 3, count)
            cost = cost_of(
                lambda: mi_path(X, y, mi_weights=grid, augmenter=augmenter)  # noqa: B023
            )
        else:
            cost = cost_of(lambda: augmenter.fit(X, y))  # noqa: B023
        first = cost.seconds if place == 0 else first
        yield Line(
            f"growth with {name}", f"{_GROWTH_STEPS} steps", n, d, k, *cost,
            ratio=cost.seconds / first, of="the first", weights=count,
        )  # fmt: skip
