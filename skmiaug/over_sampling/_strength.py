"""How much of a trained residual to use."""

from collections.abc import Callable

from skmiaug.training import TrainingRecord

_STRENGTHS = (0.0, 0.5, 1.0)


def choose_strength(
    score: Callable[[float], float | None], record: TrainingRecord
) -> float:
    """Return the share of the residual whose rows score best, the least of equals.

    Parameters
    ----------
    score : callable
        The held-out measure at a strength; None where no rows were held out. The residual
        is then used whole.
    record : TrainingRecord
    """
    none = score(0.0)
    if none is None:
        return 1.0
    if record.best_iter == 0:
        # An untrained residual is 0, whatever its strength.
        return 0.0
    scores = {s: none if s == 0.0 else score(s) for s in _STRENGTHS}
    return max(_STRENGTHS, key=lambda s: (scores[s], -s))
