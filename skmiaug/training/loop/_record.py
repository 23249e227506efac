"""What a training run leaves behind."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar


@dataclass
class RunRecord:
    """Curves of a run; one entry a validation check.

    A subclass adds a list for each figure that its training step returns, and names them
    in ``figures`` in the same order.
    """

    figures: ClassVar[tuple[str, ...]] = ()

    n_iter: int = 0  # Training steps done
    best_iter: int = 0  # The step whose weights were kept; 0 for the untrained ones
    # The steps at which the curves were taken
    iterations: list[int] = field(default_factory=list)
    # Score on the held-out rows; higher is better. None when nothing was held out.
    validation_scores: list[float | None] = field(default_factory=list)
    # ``"max_iter"``, ``"early_stopping"``, ``"callback"`` or ``"not_started"``
    stop_reason: str = "not_started"
    # How often the last good weights were taken back after a non-finite loss
    n_rollbacks: int = 0

    def add(self, iteration: int, means: Sequence[float], score: float | None) -> None:
        """Append one validation check: mean figures since the last one, and the score."""
        self.iterations.append(iteration)
        for name, mean in zip(self.figures, means, strict=True):
            getattr(self, name).append(mean)
        self.validation_scores.append(score)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return asdict(self)
