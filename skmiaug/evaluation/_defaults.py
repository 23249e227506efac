"""The samplers and classifiers that are compared when none are named."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

__all__ = ["default_classifiers", "default_samplers"]

BALANCED = "balanced"

# What a person may type on the command line, next to the full names.
_SHORT_NAMES = {
    "adasyn": "ADASYN",
    "borderline": "BorderlineSMOTE",
    "lr": "logistic regression",
    "logistic": "logistic regression",
    "migan": "MIGANAugmenter",
    "random": "RandomOverSampler",
    "ros": "RandomOverSampler",
    "rbf": "RBF SVM",
    "svm": "RBF SVM",
    "weights": "class weights",
}
SAMPLER_NAMES = (
    "none",
    "class weights",
    "RandomOverSampler",
    "SMOTE",
    "BorderlineSMOTE",
    "ADASYN",
    "MIGANAugmenter",
)
CLASSIFIER_NAMES = ("logistic regression", "RBF SVM", "MLP")


def default_samplers(names: Sequence[str] | None = None) -> dict[str, Any]:
    """Samplers for `compare_samplers`, at their own defaults.

    Parameters
    ----------
    names : sequence of str, default=None
        Which of them; None for all. ``MIGANAugmenter`` is imported only if it is among
        them.

    Returns
    -------
    samplers : dict
        From name to sampler; None stands for no resampling and ``"balanced"`` for class
        weights.

    Raises
    ------
    ValueError
        A name is unknown.

    Examples
    --------
    >>> from skmiaug.evaluation import default_samplers
    >>> list(default_samplers(["none", "weights", "SMOTE"]))
    ['none', 'class weights', 'SMOTE']
    """
    return {name: _make_sampler(name) for name in _known(names, SAMPLER_NAMES, "sampler")}


def default_classifiers(names: Sequence[str] | None = None) -> dict[str, Any]:
    """Classifiers for `compare_samplers`: the three of the project's skewed protocol.

    Parameters
    ----------
    names : sequence of str, default=None
        Which of them; None for all.

    Returns
    -------
    classifiers : dict
        From name to classifier. The MLP stops after 15 passes by intent (early stopping
        stands in for tuning on sets this small), so it warns that it has not converged.

    Raises
    ------
    ValueError
        A name is unknown.

    Examples
    --------
    >>> from skmiaug.evaluation import default_classifiers
    >>> list(default_classifiers())
    ['logistic regression', 'RBF SVM', 'MLP']
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier
    from sklearn.svm import SVC

    made = {
        "logistic regression": LogisticRegression(C=0.1, max_iter=60),
        "RBF SVM": SVC(C=1.0),
        "MLP": MLPClassifier((128,), max_iter=15, alpha=1e-3),
    }
    return {name: made[name] for name in _known(names, CLASSIFIER_NAMES, "classifier")}


def _make_sampler(name: str) -> Any:
    if name == "none":
        return None
    if name == "class weights":
        return BALANCED
    if name == "MIGANAugmenter":
        from skmiaug import MIGANAugmenter

        return MIGANAugmenter()
    from imblearn import over_sampling

    return getattr(over_sampling, name)()


def _known(names: Sequence[str] | None, known: Sequence[str], kind: str) -> list[str]:
    if names is None:
        return list(known)
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise ValueError(
            f"expected a list of {kind} names or a mapping from name to {kind}; got "
            f"{names!r}."
        )
    if not names:
        raise ValueError(f"expected at least one {kind}; choose from: {', '.join(known)}.")
    table: Mapping[str, str] = {
        **{short: full for short, full in _SHORT_NAMES.items() if full in known},
        **{_key(full): full for full in known},
    }
    found: list[str] = []
    for name in names:
        if not isinstance(name, str):
            raise ValueError(
                f"expected names in a list of {kind}s; got {name!r}; give it a name in a "
                f"mapping: {{'my {kind}': ...}}."
            )
        full = table.get(_key(name))
        if full is None:
            close = difflib.get_close_matches(_key(name), table, n=1)
            hint = f" Did you mean {table[close[0]]!r}?" if close else ""
            raise ValueError(
                f"unknown {kind} {name!r}; choose from: {', '.join(known)}.{hint}"
            )
        if full not in found:
            found.append(full)
    return found


def _key(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
