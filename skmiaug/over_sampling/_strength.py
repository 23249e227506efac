"""How much of a trained residual to use."""

from collections.abc import Callable

from skmiaug.training import GanRecord

_STRENGTHS = (0.0, 0.5, 1.0)


def choose_strength(
    score: Callable[[float], float | None], record: GanRecord, *, whole: bool
) -> tuple[float, float | None]:
    """Return the share of the residual whose rows score best, and that score.

    Parameters
    ----------
    score : callable
        The held-out measure at a strength; None where no rows were held out. The residual
        is then used whole.
    record : GanRecord
    whole : bool
        Use the residual whole whatever its score.

    Returns
    -------
    strength : float
        In [0, 1]; the least of equals.
    held_out_score : float or None
        Its score.
    """
    if whole:
        return 1.0, score(1.0)
    none = score(0.0)
    if none is None:
        return 1.0, None
    if record.best_iter == 0:
        # An untrained residual is 0, whatever its strength.
        return 0.0, none
    scores = {s: none if s == 0.0 else score(s) for s in _STRENGTHS}
    best = max(_STRENGTHS, key=lambda s: (scores[s], -s))
    return best, scores[best]
