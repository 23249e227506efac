"""The samplers, classifiers and scores of a comparison, by name.

Imports nothing heavy: the command line lists these names in its help.
"""

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple

from skmiaug.evaluation._labels import did_you_mean

__all__ = ["default_classifiers", "default_samplers"]

# Methods that change the classifier and not the training samples.
CLASS_WEIGHTS, LOGIT_ADJUSTMENT, THRESHOLDS = "balanced", "logit_adjustment", "thresholds"
# Takes the place of every classifier.
EQUAL_PRIOR_LDA = "equal_prior_lda"
# Replace votes by the class with most of them; repeat rows of rare attributes.
HARD_LABELS, RANDOM_OVERSAMPLING = "hard_labels", "random_oversampling"
METHOD_WORDS = (
    CLASS_WEIGHTS, LOGIT_ADJUSTMENT, THRESHOLDS, EQUAL_PRIOR_LDA, HARD_LABELS,
    RANDOM_OVERSAMPLING,
)  # fmt: skip
AUGMENTER, NO_RESAMPLING = "MIGANAugmenter", "none"
# The reference where training parts are made imbalanced: the same test parts, all rows.
ALL_ROWS = "none, all rows"


class Score(NamedTuple):
    """How tables name a score, and whether a higher one is better."""

    title: str
    higher_is_better: bool = True


# Of 0 to 1 (Brier: 0 to 2), and a hundred times that in tables.
SCORES = {
    "uar": Score("UAR %"),
    "macro_f1": Score("macro-F1 %"),
    "g_mean": Score("G-mean %"),
    "roc_auc": Score("ROC AUC %, one class against the others"),
    "brier": Score("Brier score × 100", higher_is_better=False),
    "calibration_error": Score("expected calibration error %", higher_is_better=False),
    "jensen_shannon": Score("Jensen-Shannon distance × 100", higher_is_better=False),
    "average_precision": Score("macro average precision %"),
    "ranking_precision": Score("ranking average precision %"),
    "label_f1": Score("macro-F1 of the labels %"),
    "ccc": Score("concordance correlation × 100"),
    "band_mae": Score("error, % of the range, mean of five bands", higher_is_better=False),
    "mae": Score("mean absolute error, % of the range", higher_is_better=False),
}
# Of each target type, in the same order; the first is the main one.
SCORES_OF = {
    "multiclass": tuple(SCORES)[:6],
    "distribution": ("uar", "macro_f1", "g_mean", "jensen_shannon"),
    "multilabel": ("average_precision", "ranking_precision", "label_f1"),
    "continuous": ("ccc", "band_mae", "mae"),
}

_AUGMENTERS = {
    "prior": "skmiaug.over_sampling.GaussianAugmenter",
    AUGMENTER: "skmiaug.MIGANAugmenter",
}
# For each target type, from name to a word, None or the import path of a sampler.
_SAMPLERS: dict[str, dict[str, str | None]] = {
    "multiclass": {
        NO_RESAMPLING: None,
        "class weights": CLASS_WEIGHTS,
        "logit adjustment": LOGIT_ADJUSTMENT,
        "thresholds": THRESHOLDS,
        "equal-prior LDA": EQUAL_PRIOR_LDA,
        "RandomOverSampler": "imblearn.over_sampling.RandomOverSampler",
        "SMOTE": "imblearn.over_sampling.SMOTE",
        "BorderlineSMOTE": "imblearn.over_sampling.BorderlineSMOTE",
        "ADASYN": "imblearn.over_sampling.ADASYN",
        **_AUGMENTERS,
    },
    "distribution": {
        NO_RESAMPLING: None,
        "hard labels": HARD_LABELS,
        "class weights": CLASS_WEIGHTS,
        "logit adjustment": LOGIT_ADJUSTMENT,
        "hard + SMOTE": "imblearn.over_sampling.SMOTE",
        "hard + prior": "skmiaug.over_sampling.GaussianAugmenter",
        **_AUGMENTERS,
    },
    "multilabel": {NO_RESAMPLING: None, "label weights": CLASS_WEIGHTS, **_AUGMENTERS},
    "continuous": {
        NO_RESAMPLING: None,
        "inverse-density weights": CLASS_WEIGHTS,
        "random oversampling": RANDOM_OVERSAMPLING,
        **_AUGMENTERS,
    },
}
TARGET_TYPES = tuple(_SAMPLERS)
SAMPLER_NAMES = tuple(_SAMPLERS["multiclass"])
WITHOUT_SAMPLES = tuple(
    name
    for table in _SAMPLERS.values()
    for name, source in table.items()
    if source is None or (source in METHOD_WORDS and source != RANDOM_OVERSAMPLING)
)
OVER_SAMPLERS = tuple(n for n in SAMPLER_NAMES if n not in WITHOUT_SAMPLES)
CLASSIFIER_NAMES = ("logistic regression", "RBF SVM", "LDA", "MLP")
# Those that every method can be combined with, so that there is a mean over them.
_DEFAULT_MODELS = {
    "multiclass": CLASSIFIER_NAMES,
    "distribution": ("logistic regression", "MLP"),
    "multilabel": ("logistic regression", "RBF SVM", "LDA"),
    "continuous": ("ridge", "SVR", "MLP"),
}
# Not in the default set: made for tables of mixed columns, and slow to tune.
ALL_CLASSIFIER_NAMES = (*CLASSIFIER_NAMES, "random forest", "gradient boosting")
_SHORT_NAMES = {
    "boosting": "gradient boosting",
    "borderline": "BorderlineSMOTE",
    "forest": "random forest",
    "gaussian": "prior",
    "hgb": "gradient boosting",
    "lda": "equal-prior LDA",
    "logit": "logit adjustment",
    "lr": "logistic regression",
    "logistic": "logistic regression",
    "migan": AUGMENTER,
    "random": "RandomOverSampler",
    "rf": "random forest",
    "ros": "RandomOverSampler",
    "rbf": "RBF SVM",
    "svm": "RBF SVM",
    "weights": "class weights",
}


def default_samplers(
    names: Sequence[str] | None = None, *, target_type: str = "multiclass"
) -> dict[str, Any]:
    """Samplers for `compare_samplers`, at their own defaults.

    Parameters
    ----------
    names : sequence of str, default=None
        Which of them, or import paths such as ``"imblearn.over_sampling.SVMSMOTE"``; None
        for all. ``MIGANAugmenter`` is imported only if it is among them.
    target_type : str, default="multiclass"
        As in `compare_samplers`; augmenters get it.

    Returns
    -------
    samplers : dict
        From name to sampler; None stands for no resampling, and ``"balanced"`` (class
        weights), ``"logit_adjustment"`` and ``"thresholds"`` for methods that change the
        classifier instead of the samples, and ``"equal_prior_lda"`` for a shrunken linear
        discriminant with equal class priors in the place of every classifier.

    Raises
    ------
    ValueError
        A name is unknown.

    See Also
    --------
    default_classifiers : The classifiers of a comparison.
    compare_samplers : Runs the comparison.

    Examples
    --------
    >>> from skmiaug.evaluation import default_samplers
    >>> list(default_samplers(["none", "weights", "SMOTE"]))
    ['none', 'class weights', 'SMOTE']
    """
    table = _SAMPLERS[target_type]
    found: dict[str, Any] = {}
    for name in _known(tuple(table) if names is None else names, tuple(table), "sampler"):
        source = table.get(name, name)
        if source is None or source in METHOD_WORDS:
            found[name] = source
            continue
        found[name] = _imported(source)
        if hasattr(found[name], "target_type") and not name.startswith("hard"):
            found[name].set_params(target_type=target_type)
    return found


def default_classifiers(
    names: Sequence[str] | None = None,
    *,
    tune: bool = True,
    n_features: int | None = None,
    target_type: str = "multiclass",
) -> dict[str, Any]:
    """Classifiers, or for attributes regressors, for `compare_samplers`.

    Parameters
    ----------
    names : sequence of str, default=None
        Which of them, ``"random forest"``, ``"gradient boosting"``
        (``HistGradientBoostingClassifier``) or import paths such as
        ``"sklearn.naive_bayes.GaussianNB"``; None for the four of the example. For votes
        these are the logistic regression and the MLP, for label sets all but the MLP, for
        attributes ``"ridge"``, ``"SVR"`` and ``"MLP"``.
    tune : bool, default=True
        Search C of the logistic regression, C and gamma of the SVM, alpha of the MLP and
        the size of trees, as a ``GridSearchCV``. LDA chooses its shrinkage in closed form.
        With False, one value of each is used.
    n_features : int, default=None
        Columns of the data, for the range of gamma; None keeps gamma at ``"scale"``.
    target_type : str, default="multiclass"
        As in `compare_samplers`.

    Returns
    -------
    classifiers : dict
        From name to classifier.

    Raises
    ------
    ValueError
        A name is unknown.

    See Also
    --------
    default_samplers : The samplers of a comparison.
    compare_samplers : Runs the comparison.

    Examples
    --------
    >>> from skmiaug.evaluation import default_classifiers
    >>> list(default_classifiers())
    ['logistic regression', 'RBF SVM', 'LDA', 'MLP']
    """
    from sklearn.model_selection import GridSearchCV

    gammas = ["scale"] if n_features is None else [x / n_features for x in (0.01, 0.1, 1.0)]
    of_attributes = target_type == "continuous"
    made = _regressors(gammas) if of_attributes else _classifiers(gammas)
    # The other types score candidates by their own main score.
    scoring = "balanced_accuracy" if target_type == "multiclass" else None
    found = {}
    chosen = _DEFAULT_MODELS[target_type] if names is None else names
    for name in _known(chosen, tuple(made), "regressor" if of_attributes else "classifier"):
        estimator, grid = made[name] if name in made else (_imported(name), {})
        if tune and grid:
            estimator = GridSearchCV(estimator, grid, scoring=scoring, cv=3)
        found[name] = estimator
    return found


# Estimators with the grids of their searches.
_Models = dict[str, tuple[Any, dict[str, Any]]]


def _classifiers(gammas: list[Any]) -> _Models:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier
    from sklearn.svm import SVC

    return {
        "logistic regression": (
            LogisticRegression(C=0.1, max_iter=2000),
            {"C": [0.001, 0.01, 0.1, 1.0]},
        ),
        "RBF SVM": (SVC(C=1.0), {"C": [1.0, 10.0, 100.0], "gamma": gammas}),
        "LDA": (LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"), {}),
        "MLP": (
            MLPClassifier((128,), alpha=1.0, max_iter=500),
            {"alpha": [0.1, 1.0, 10.0]},
        ),
        **_trees(RandomForestClassifier, HistGradientBoostingClassifier),
    }


def _regressors(gammas: list[Any]) -> _Models:
    from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
    from sklearn.linear_model import Ridge
    from sklearn.neural_network import MLPRegressor
    from sklearn.svm import SVR

    return {
        "ridge": (Ridge(alpha=100.0), {"alpha": [1.0, 10.0, 100.0, 1000.0]}),
        "SVR": (SVR(C=1.0), {"C": [0.3, 1.0, 3.0], "gamma": gammas}),
        "MLP": (
            MLPRegressor(hidden_layer_sizes=(128,), alpha=1.0, max_iter=500),
            {"alpha": [0.1, 1.0, 10.0]},
        ),
        **_trees(RandomForestRegressor, HistGradientBoostingRegressor),
    }


def _trees(forest: Any, boosting: Any) -> _Models:
    return {
        "random forest": (forest(200), {"min_samples_leaf": [1, 3, 10]}),
        "gradient boosting": (boosting(max_iter=50), {"max_leaf_nodes": [4, 15]}),
    }


def _imported(path: str) -> Any:
    """An instance, at its defaults, of the class at an import path."""
    module, _, name = path.rpartition(".")
    try:
        return getattr(import_module(module), name)()
    except (ImportError, AttributeError, TypeError) as error:
        raise ValueError(
            f"expected the import path of a class that needs no parameters; got {path!r} "
            f"({error})."
        ) from error


def _known(names: Sequence[str], known: Sequence[str], kind: str) -> list[str]:
    """Full names of the names that were given, each once."""
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
        full = table.get(_key(name), name if "." in name.strip(".") else None)
        if full is None:
            raise ValueError(
                f"unknown {kind} {name!r}; choose from: {', '.join(known)}."
                f"{did_you_mean(_key(name), table)}"
            )
        if full not in found:
            found.append(full)
    return found


def _key(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
