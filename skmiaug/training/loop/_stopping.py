"""Stopping rules."""

from dataclasses import dataclass


@dataclass
class EarlyStopping:
    """Stop when a score has not risen by ``tol`` for ``patience`` checks in a row."""

    patience: int  # Validation checks without a rise before training stops
    tol: float  # A rise smaller than this does not count
    best_score: float = float("-inf")  # The best score so far
    n_stale: int = 0  # Validation checks since the last rise

    def update(self, score: float) -> bool:
        """Record a score; return True when it is a new best."""
        if score > self.best_score + self.tol:
            self.best_score = score
            self.n_stale = 0
            return True
        self.n_stale += 1
        return False

    @property
    def should_stop(self) -> bool:
        """Whether patience has run out."""
        return self.n_stale >= self.patience
