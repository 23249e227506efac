"""UAR of classifiers that were not used to choose defaults.

Quarter of an hour to half an hour on two cores, with shared/data next to the checkout::

    pytest tests/benchmarks/test_other_classifiers.py -m benchmark -s

Training parts are made imbalanced and testing is on speakers that were not trained on, as
in docs/benchmarks/earlier.md; digits in five folds.
"""

import pytest
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.model_selection import LeaveOneGroupOut, StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC, LinearSVC

from skmiaug.evaluation import ImbalancedTrainingSplit, compare_samplers
from tests.benchmarks.suite import _speech

SHARES = _speech.SHARES | {"digits": [1, 0.5, 0.3, 0.2, 0.25, 0.4, 0.15, 0.1, 0.1, 0.05]}
SAMPLERS = ["none", "RandomOverSampler", "SMOTE", "MIGANAugmenter"]
CLASSIFIERS = {
    "random forest": RandomForestClassifier(100),
    "linear SVM": LinearSVC(C=0.01),
    "RBF SVM, C=10": SVC(C=10),
    "PCA and RBF SVM": make_pipeline(PCA(30), SVC()),
    "shrunken LDA": LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
    "MLP, two layers": MLPClassifier((128, 64), max_iter=100),
    "Gaussian naive Bayes": GaussianNB(),
    "5 nearest neighbours": KNeighborsClassifier(5),
}
BOOSTED = {"boosted trees": HistGradientBoostingClassifier(max_iter=40)}  # slow above 100

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(7200)]


def read(name, features):
    """Rows, classes, groups of rows that stay together, and a splitter."""
    if name == "digits":
        X, y = load_digits(return_X_y=True)
        return X, y, None, StratifiedKFold(5, shuffle=True)
    corpus = _speech.load_speech(name, features)
    return corpus.X, corpus.y, corpus.session, LeaveOneGroupOut()


@pytest.mark.parametrize(
    "name", ["emodb layer 3", "nemo layer 3", "emodb eGeMAPS", "nemo eGeMAPS", "digits"]
)
def test_most_classifiers_gain_more_than_by_smote(name):
    corpus, _, features = name.partition(" ")
    X, y, groups, folds = read(corpus, features)
    results = compare_samplers(
        X,
        y,
        SAMPLERS,
        CLASSIFIERS | (BOOSTED if X.shape[1] <= 100 else {}),
        groups=groups,
        cv=ImbalancedTrainingSplit(folds, SHARES[corpus]),
        n_repeats=3,
        n_jobs=2,
        on_error="raise",
    )
    table = results.pivot_table(index="classifier", columns="sampler", values="uar") * 100
    print(f"\n{name}, {X.shape}\n{table[SAMPLERS].round(1).to_string()}")
    ahead = table["MIGANAugmenter"] - table["SMOTE"]
    assert (ahead > 0).mean() > 0.5
