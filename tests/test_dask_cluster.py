"""What runs on a dask cluster of two processes is what runs here."""

import multiprocessing
import os

import numpy as np
import pytest
from imblearn.pipeline import make_pipeline
from joblib import parallel_config
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.preprocessing import StandardScaler

from tests._helpers import small

distributed = pytest.importorskip("distributed")

pytestmark = pytest.mark.timeout(600)

# A machine with other work may take its time to start processes.
PATIENCE = {
    "distributed.comm.timeouts.connect": "120s",
    "distributed.comm.timeouts.tcp": "120s",
}
PRELOAD = ["distributed", "torch", "transformers", __name__]


def workers_are_forks():
    """Settings by which workers are forks of one process that has imported all of it."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return {}
    from multiprocessing import forkserver

    multiprocessing.get_context("forkserver").set_forkserver_preload(PRELOAD)
    forkserver.ensure_running()
    return {"distributed.worker.multiprocessing-method": "forkserver"}


@pytest.fixture(scope="module")
def client():
    """A client of a cluster of two worker processes, of one thread each."""
    import dask

    with (
        dask.config.set(PATIENCE | workers_are_forks()),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster, timeout="120s") as client,
    ):
        client.wait_for_workers(2, timeout=120)
        yield client


def uar_and_process(model, X, y):
    return {"uar": balanced_accuracy_score(y, model.predict(X)), "process": os.getpid()}


def search():
    return GridSearchCV(
        make_pipeline(StandardScaler(), small(), LogisticRegression()),
        {"miganaugmenter__mi_weight": [0.0, 2.0], "miganaugmenter__bandwidth": [0.4, 1.0]},
        cv=StratifiedKFold(2, shuffle=True, random_state=0),
        scoring=uar_and_process,
        refit="uar",
    )


def split_values(found, name):
    return [found.cv_results_[f"split{k}_test_{name}"] for k in range(found.n_splits_)]


@pytest.mark.filterwarnings("error")
def test_a_grid_search_finds_the_scores_of_one_process(client, skewed):
    alone = search().set_params(n_jobs=1).fit(*skewed)
    with parallel_config("dask"):
        on_workers = search().fit(*skewed)
    np.testing.assert_array_equal(
        split_values(on_workers, "uar"), split_values(alone, "uar")
    )
    assert on_workers.best_params_ == alone.best_params_
    X = skewed[0]
    np.testing.assert_array_equal(on_workers.predict_proba(X), alone.predict_proba(X))
    assert np.unique(split_values(alone, "process")).tolist() == [os.getpid()]
    workers = set(client.run(os.getpid).values())
    assert len(workers) == 2
    assert set(np.ravel(split_values(on_workers, "process")).astype(int)) <= workers


def models_loaded():
    """How many models the process that asks has in memory."""
    from skmiaug.feature_extraction.encoders import _loading

    return _loading._load.cache_info().currsize


@pytest.mark.filterwarnings("error")
def test_features_are_those_of_one_process(client, tmp_path):
    # Here, since the workers of the search import this module too.
    from skmiaug import TransformerFeatures
    from skmiaug.feature_extraction import clear_model_cache
    from tests.feature_extraction._helpers import RATE, save_tiny, voice

    clips = [voice(0.05 + 0.01 * n, n) for n in range(40)]
    model = save_tiny("wav2vec2-group", tmp_path)

    def features():
        return TransformerFeatures(model=model, dtype="float32", sampling_rate=RATE)

    expected = features().transform(clips)
    clear_model_cache()
    with parallel_config("dask"):
        got = features().transform(clips)
    np.testing.assert_allclose(got, expected, atol=1e-5)
    assert models_loaded() == 0
    assert sum(client.run(models_loaded).values()) >= 1
