"""What a training run leaves behind."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class TrainingRecord:
    """Curves of a run; one entry for each look at the held-out measure.

    Attributes
    ----------
    n_iter : int
        Training steps done.
    best_iter : int
        The step whose weights were kept (0: the untrained start).
    iterations : list of int
        The steps at which the curves below were taken.
    critic_loss, generator_loss : list of float
        Means over the steps since the last look.
    information : list of float
        The bound H(c) + E[log Q(c|x̂)] of generated rows, nats, likewise.
    score : list of float or None
        The held-out measure; higher is better. None when nothing was held out.
    stop_reason : str
        ``"max_iter"``, ``"early_stopping"``, ``"callback"`` or ``"not_started"``.
    n_rollbacks : int
        How often the last good weights were taken back after a non-finite loss.
    """

    n_iter: int = 0
    best_iter: int = 0
    iterations: list[int] = field(default_factory=list)
    critic_loss: list[float] = field(default_factory=list)
    generator_loss: list[float] = field(default_factory=list)
    information: list[float] = field(default_factory=list)
    score: list[float | None] = field(default_factory=list)
    stop_reason: str = "not_started"
    n_rollbacks: int = 0

    def add(
        self, iteration: int, means: tuple[float, float, float], score: float | None
    ) -> None:
        """Append one look."""
        self.iterations.append(iteration)
        self.critic_loss.append(means[0])
        self.generator_loss.append(means[1])
        self.information.append(means[2])
        self.score.append(score)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return asdict(self)
