"""What a report says about its sections and about where its figures come from."""

from typing import Any

from skmiaug.evaluation._report_data import ReportRows
from skmiaug.evaluation._report_measures import Measures
from skmiaug.evaluation._report_view import MOST_CLASSES, share_on_the_plane

__all__ = ["SECTIONS", "about", "remarks"]

# Heading and first sentence of each section, in the order of the page.
SECTIONS = {
    "counts": ("Class counts", "Rows of the training part before and after resampling."),
    "information": (
        "Mutual information",
        "How much a critic that was fitted to held-out real rows, and has seen neither "
        "made rows nor training rows, reads from a row about its class: a lower bound of "
        "I(c; x̂) in nats. Below 0, guessing by class shares does better. More than real "
        "rows give is no merit: such rows are more typical of their class than the world.",
    ),
    "training": (
        "Training",
        "Curves of the fit. Q was trained along with the generator: its information is a "
        "training curve, not a measure.",
    ),
    "view": (
        "Real and made rows",
        "A plane shows little of many features: look for classes that are displaced, "
        "collapsed to points, or strung on lines.",
    ),
    "fidelity": (
        "Fidelity and variety",
        "Precision and density: do made rows lie among real ones? Recall and coverage: is "
        "all of the real rows there? Variance ratio: interpolation shrinks classes. Real "
        "training rows in their place show what can be reached.",
    ),
    "leakage": (
        "Leakage",
        "Do made rows give away the training rows they were made from? Nearness is no "
        "proof of disclosure, and distance none of privacy.",
    ),
    "utility": (
        "Use",
        "Classifiers trained with and without the made rows, tested on held-out real rows "
        "that neither they nor the over-sampler have seen. One split says little: "
        "skmiaug compare repeats it over folds and seeds.",
    ),
    "calibration": (
        "Calibration",
        "Resampling shifts the class priors that a classifier learns, and with them its "
        "probabilities. Correcting the priors (PriorCorrectedClassifier) undoes the shift. "
        "Logistic regression, for the class shares of the held-out rows.",
    ),
}


def about(
    sampler: Any, shape: tuple[int, ...], rows: ReportRows, measures: Measures
) -> dict[str, str]:
    """What a reader must know about where the figures come from."""
    n_train, n_held = len(rows.train[1]), len(rows.held_out[1])
    split = f"{n_train} training rows, {n_held} held-out rows"
    if rows.n_train_groups is not None:
        split += (
            f"; groups kept whole: {rows.n_train_groups} in training, "
            f"{rows.n_held_out_groups} held out"
        )
    compared = ""
    if measures.n_compared < n_train:
        compared = f" (information, fidelity, leakage: {measures.n_compared} drawn of each)"
    return {
        "Over-sampler": " ".join(repr(sampler).split()),
        "Data": f"{shape[0]} rows of {shape[1]} features, {len(rows.classes)} classes",
        "Split": split,
        "Made rows": f"{len(rows.made[1])} to measure, as many of each class as in training"
        f"{compared}",
        "Unseen": "the over-sampler has seen the training rows alone; the critic, the "
        "comparison and the tests of use are on the held-out rows",
        "Versions": _versions(),
    }


def remarks(rows: ReportRows) -> dict[str, str]:
    """What holds for this report in particular, by section."""
    share = 100 * share_on_the_plane(rows)
    said = {
        "view": f"Two principal components, {share:.0f} % of the variance. Circles: "
        "held-out real rows of the class; crosses: made rows; pale dots: held-out rows of "
        "all classes."
    }
    if len(rows.classes) > MOST_CLASSES:
        said["view"] += f" The first {MOST_CLASSES} of {len(rows.classes)} classes."
    if getattr(rows.sampler, "best_iter_", None) == 0:
        said["training"] = (
            "No later step was better on rows left out of training than step 0, so the "
            "weights of the start are used: training has changed nothing here."
        )
    if rows.n_train_groups is None:
        said["utility"] = (
            "No groups were given. If rows of one speaker or session are on both sides of "
            "the split, all figures on held-out rows are too good."
        )
    else:
        said["leakage"] = (
            "Held-out rows are of other groups and so lie further off than new rows of the "
            "training groups would. The fair comparison for made rows is the column of "
            "real rows: one half of the training rows measured against the other."
        )
        said["utility"] = (
            f"Groups in the held-out part: {rows.n_held_out_groups}, none of them in "
            "training. The intervals draw rows, not groups: they say nothing of how other "
            "groups would do."
        )
    return said


def _versions() -> str:
    from skmiaug.evaluation._output import package_versions

    return ", ".join(f"{name} {version}" for name, version in package_versions().items())
