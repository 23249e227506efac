"""Which candidate to take, how sure the gain is, in words and as a picture. Arrays in."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmiaug.metrics import corrected_repeated_ttest
from skmiaug.utils import require

# Standard errors by which the best method has to be ahead of chance.
_LEARNED = 2.0
# By how much the tolerance grows where it is not.
_DOUBT = 3.0


def choose(
    scores: NDArray[np.float64],
    costs: NDArray[np.intp],
    free: NDArray[np.bool_],
    test_to_train: float,
    tolerance: float,
    chance: NDArray[np.float64] | None = None,
    even: bool = False,
) -> int:
    """Index of the cheapest candidate that is not clearly worse than the best.

    `scores` is (n_candidates, n_folds), higher is better, with NaN where a fit failed: such
    candidates are out, unless all are. `costs` (n_candidates,) are ranks; the `free`
    candidates leave the rows as they are. `chance` (n_folds,) are scores without the rows.

    The best of the resampled candidates is taken if its mean is ahead of the best free one
    by more than `tolerance` standard errors of the difference over the folds (with Nadeau
    and Bengio's variance), three times as many where all differences may be noise: no
    candidate is clearly better than chance, or the classes are `even`. Otherwise the choice
    is among the free ones, whose costs hardly differ: the cheapest within the tolerance of
    the best of them. Comparing them with each other alone keeps a lucky resampled candidate
    out of it. Of candidates that cost the same, the highest mean wins.
    """
    usable = ~np.isnan(scores).any(axis=1)
    best_free = best_of(scores, usable & free)
    resampled = best_of(scores, usable & ~free)
    if best_free is None:
        return resampled or 0
    behind = scores[best_free] - scores
    if resampled is not None:
        ahead, error = _mean_and_error(-behind[resampled], test_to_train)
        # Means of equal scores differ by rounding.
        noise = even or at_chance(scores, chance, test_to_train)
        doubt = _DOUBT if noise else 1.0
        if ahead > doubt * tolerance * error + 1e-12:
            return resampled
    near = [
        index
        for index in np.flatnonzero(usable & free)
        for gap, error in [_mean_and_error(behind[index], test_to_train)]
        if gap <= tolerance * error + 1e-12
    ]
    return int(min(near, key=lambda i: (costs[i], -scores[i].mean())))


def at_chance(
    scores: NDArray[np.float64], chance: NDArray[np.float64] | None, test_to_train: float
) -> bool:
    """Whether the best candidate is ahead of chance by less than two standard errors."""
    best = best_of(scores, True)
    if chance is None or best is None:
        return False
    ahead, error = _mean_and_error(scores[best] - chance, test_to_train)
    return ahead <= _LEARNED * error


def _mean_and_error(values: NDArray[np.float64], ratio: float) -> tuple[float, float]:
    """Mean over folds, and its standard error, which is 0 for a single fold."""
    count = len(values)
    variance = float(values.var(ddof=1)) if count > 1 else 0.0
    return float(values.mean()), math.sqrt((1 / count + ratio) * variance)


def best_of(scores: NDArray[np.float64], among: Any) -> int | None:
    """Index of the highest mean among these candidates; None where none has one."""
    means = np.where(among, scores.mean(axis=1), np.nan)
    return None if np.isnan(means).all() else int(np.nanargmax(means))


def interval(
    scores: NDArray[np.float64], reference: NDArray[np.float64], *, test_to_train: float
) -> tuple[float, float]:
    """Ends of the 95 % interval of the mean difference over the folds; NaN of one fold."""
    if len(scores) < 2:
        return math.nan, math.nan
    found = corrected_repeated_ttest(scores - reference, n_train=1.0, n_test=test_to_train)
    return found.low, found.high


def gains_over(
    scores: NDArray[np.float64],
    none: NDArray[np.bool_],
    free: NDArray[np.bool_],
    chosen: int,
    test_to_train: float,
) -> dict[str, tuple[int, tuple[float, float]]]:
    """For "none" and "best_free", the best such candidate and the gain over it.

    The gain is its 95 % interval. A name is absent where there is no such candidate.
    """
    found = {"none": best_of(scores, none), "best_free": best_of(scores, free)}
    return {
        name: (i, interval(scores[chosen], scores[i], test_to_train=test_to_train))
        for name, i in found.items()
        if i is not None
    }


def verdict(
    labels: list[str],
    scores: NDArray[np.float64],
    chosen: int,
    gains: dict[str, tuple[int, tuple[float, float]]],
    *,
    resampled: bool,
    metric: str,
    left_out: list[str],
    at_chance: bool,
) -> str:
    """The result in one paragraph.

    `gains` are those of `gains_over`.
    """
    means = scores.mean(axis=1)
    advice = "Resample" if resampled else "Do not resample"
    text = [f"{advice}: {labels[chosen]} is chosen, {metric} {means[chosen]:.3f}."]
    told = set()
    for key, (index, ends) in gains.items():
        name = labels[index]
        if name == labels[chosen] or name in told:
            continue
        told.add(name)
        low, high = ends
        over = "no balancing" if key == "none" else f"{name}, the best without resampling"
        sure = "" if low > 0 or high < 0 else ", so the difference may be chance"
        text.append(
            f"It is {(low + high) / 2:+.3f} against {over} (95 % interval {low:+.3f} to "
            f"{high:+.3f}{sure})."
        )
    if at_chance:
        text.append(
            "No method is clearly better than guessing without the features, so there may "
            "be nothing to gain."
        )
    best = int(np.nanargmax(means))
    if labels[best] != labels[chosen]:
        text.append(
            f"The highest score, {means[best]:.3f}, is that of {labels[best]}; "
            f"{labels[chosen]} is cheaper and within the tolerance."
        )
    failed = sorted({labels[i] for i in np.flatnonzero(np.isnan(means))})
    if failed:
        text.append(f"Not compared, since a fit failed: {', '.join(failed)}.")
    if left_out:
        text.append(f"Not applicable: {', '.join(left_out)}.")
    return " ".join(text)


def plot_gains(
    labels: list[str],
    scores: Any,
    chosen: int,
    reference: int,
    *,
    test_to_train: float,
    metric: str,
    ax: Any = None,
) -> Any:
    """Gains over a reference with 95 % intervals, one line for each label.

    Of several candidates of one label, the best is drawn. Returns the axes.
    """
    if ax is None:
        figure = require("matplotlib.figure", extra="plots", purpose="draw the plot")
        lines = len(set(labels))
        ax = figure.Figure(
            figsize=(6.4, 1.2 + 0.35 * lines), layout="constrained"
        ).subplots()
    ax.axvline(0, color="0.7", linewidth=1, zorder=0)
    names = list(dict.fromkeys(labels))
    for place, name in enumerate(names):
        own = [label == name for label in labels]
        index = chosen if own[chosen] else best_of(scores, own)
        if index is None:
            continue
        ends = interval(scores[index], scores[reference], test_to_train=test_to_train)
        ax.plot(ends, (place, place), color="black", linewidth=1)
        ax.plot(
            np.mean(scores[index] - scores[reference]),
            place,
            "o",
            color="black",
            markerfacecolor="black" if own[chosen] else "white",
        )
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    ax.set_xlabel(f"gain in {metric} over {labels[reference]} (95 % interval)")
    ax.set_title(f"chosen: {labels[chosen]}", loc="left")
    return ax
