"""Class weights, the answer to skew that makes no rows."""

from typing import Any

from numpy.typing import NDArray
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import has_fit_parameter


class WeightsNotSupportedError(ValueError):
    """The classifier can weigh neither classes nor rows."""


def fit_balanced(classifier: Any, X: NDArray[Any], y: NDArray[Any]) -> Any:
    """Fit with every class weighing the same.

    By ``class_weight="balanced"`` where the classifier, or a step of it, has that
    parameter; else by balanced ``sample_weight`` in ``fit`` (MLPClassifier, from
    scikit-learn 1.7 on).

    Raises
    ------
    WeightsNotSupportedError
        It has neither.
    """
    names = [
        name
        for name in classifier.get_params(deep=True)
        if name == "class_weight" or name.endswith("__class_weight")
    ]
    if names:
        classifier.set_params(**dict.fromkeys(names, "balanced"))
        return classifier.fit(X, y)
    if has_fit_parameter(classifier, "sample_weight"):
        return classifier.fit(X, y, sample_weight=compute_sample_weight("balanced", y))
    raise WeightsNotSupportedError(
        f"{type(classifier).__name__} takes neither class_weight nor sample_weight"
    )
