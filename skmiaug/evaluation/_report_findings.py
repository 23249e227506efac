"""What the measures of a report say in words."""

import math
from typing import Any, NamedTuple

import numpy as np

from skmiaug.evaluation._report_measures import Measures
from skmiaug.metrics import InformationResult

__all__ = ["Finding", "findings"]

_CHANCE = 0.05


class Finding(NamedTuple):
    """One sentence and its mark: "good", "look" or "bad"."""

    mark: str
    topic: str
    text: str


def findings(m: Measures) -> list[Finding]:
    """The main points in words; the marks are rules of thumb."""
    return [
        _about_information(m),
        _about_variety(m),
        _about_likeness(m),
        _about_copies(m),
        _about_utility(m),
    ]


def _about_information(m: Measures) -> Finding:
    made, real = m.made.information, m.real.information
    least = real.estimate - 0.2 * abs(real.estimate)
    mark = "good" if made.estimate >= least else "look"
    if _by_chance(made):
        # Where real rows tell nothing either, it is no fault of the made ones.
        mark = "look" if _by_chance(real) else "bad"
    chance = f"; shuffled classes p = {made.p_value:.2g}" if len(made.null) else ""
    return Finding(
        mark,
        "Information",
        f"A critic of held-out rows reads {made.estimate:.2f} of {made.ceiling:.2f} nats "
        f"about the class from made rows ({100 * made.confidence_level:g} % interval "
        f"{made.interval[0]:.2f} to {made.interval[1]:.2f}; real training rows "
        f"{real.estimate:.2f}{chance}).",
    )


def _by_chance(found: InformationResult) -> bool:
    """Whether shuffled classes give as much; few shuffles cannot tell, and none at all."""
    return found.p_value >= _CHANCE and found.p_value > 1 / (len(found.null) + 1)


def _about_variety(m: Measures) -> Finding:
    ratio = _median(m.made.variance_ratio)
    real = _median(m.real.variance_ratio)
    # As varied as held-out rows is right, and so is as real training rows are, which may
    # vary more for one outlier or less for few speakers.
    low, high = min(1.0, real), max(1.0, real)
    mark = "good" if 0.85 * low <= ratio <= 1.5 * high else "look"
    if ratio < 0.3 * low or m.made.prdc.recall < 0.1 * m.real.prdc.recall:
        mark = "bad"
    return Finding(
        mark,
        "Variety",
        f"Within a class (the median of them), made rows have {ratio:.2f} times the "
        f"variance of held-out rows (real training rows {real:.2f}), and "
        f"{100 * m.made.prdc.recall:.0f} % of the "
        f"held-out rows lie among them (real {100 * m.real.prdc.recall:.0f} %).",
    )


def _about_likeness(m: Measures) -> Finding:
    made, real = m.made.two_sample, m.real.two_sample
    precision, typical = m.made.prdc.precision, m.real.prdc.precision
    mark = "good"
    if made.auc > max(0.65, real.auc + 0.1) or precision < 0.5 * typical:
        mark = "look"
    if made.auc > max(0.95, real.auc + 0.05) or precision < 0.1 * typical:
        mark = "bad"
    chance = f", p = {made.p_value:.2g}" if len(made.null) else ""
    return Finding(
        mark,
        "Likeness",
        f"A classifier tells made from held-out rows with AUC {made.auc:.2f} (real "
        f"training rows {real.auc:.2f}; 0.5 is chance{chance}); "
        f"{100 * precision:.0f} % of made rows lie among held-out ones (real "
        f"{100 * typical:.0f} %).",
    )


def _about_copies(m: Measures) -> Finding:
    found = m.leakage
    share = found.n_near / len(found.distances)
    mark = "good"
    if share > 0.05 or found.nearer_to_training > m.real_nearer + 0.1:
        mark = "look"
    if found.n_exact:
        mark = "bad"
    return Finding(
        mark,
        "Copies",
        f"{found.n_exact} of {len(found.distances)} made rows are exact copies and "
        f"{100 * share:.0f} % near copies of training rows (1 % expected of real rows); "
        f"the nearest training row is {found.distance_ratio:.2f} times as far as among "
        f"training rows; {100 * found.nearer_to_training:.0f} % lie nearer to training "
        f"rows than to held-out ones (real training rows {100 * m.real_nearer:.0f} %).",
    )


def _about_utility(m: Measures) -> Finding:
    if not m.n_added:
        return Finding(
            "look",
            "Use",
            "The sampler added no rows to the training part, as to one of balanced "
            "classes: there is no gain to measure.",
        )
    gains = [found.gain for found in m.utility]
    mark = "look"
    if all(gain.gain >= 0 for gain in gains) and any(g.interval[0] > 0 for g in gains):
        mark = "good"
    if all(gain.interval[1] < 0 for gain in gains):
        mark = "bad"
    told = ", ".join(
        f"{found.classifier} {100 * found.gain.gain:+.1f} "
        f"({100 * found.gain.interval[0]:+.1f} to {100 * found.gain.interval[1]:+.1f})"
        for found in m.utility
    )
    return Finding(
        mark, "Use", f"UAR on held-out rows, in points against no resampling: {told}."
    )


def _median(ratios: dict[Any, float]) -> float:
    values = [ratio for ratio in ratios.values() if math.isfinite(ratio)]
    return float(np.median(values)) if values else math.nan
