"""UAR of classifiers with thousands of rows: half a second of EmoDB's speech each.

Six minutes on two cores, with shared/data next to the checkout::

    pytest tests/benchmarks/test_many_rows.py -m benchmark -s

Windows start every 50 ms, so that a class has hundreds of rows from few clips, as a corpus
of podcasts has many turns of few speakers. Testing is on speakers that were not trained on.
"""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import LeaveOneGroupOut
from sklearn.neural_network import MLPClassifier

from skmiaug import TransformerFeatures
from skmiaug.evaluation import ImbalancedTrainingSplit, compare_samplers
from tests.benchmarks.suite._baselines import print_gain, samplers_and_baselines
from tests.conftest import DATA

CLIPS = DATA / "emodb_flac"
MODEL = DATA.parent / "models" / "whisper-base-encoder"

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(7200)]

# By emotion (A fear, E disgust, F happiness, L boredom, N neutral, T sadness, W anger), as
# imbalanced as MSP-Podcast is.
SHARES = {"A": 0.05, "E": 0.03, "F": 0.3, "L": 0.5, "N": 1, "T": 0.15, "W": 0.15}
SESSIONS = ["03 08", "09 10", "11 12", "13 14", "15 16"]


@pytest.fixture(scope="module")
def windows():
    """Features (n, 512), emotions (n,) and sessions (n,) of the windows."""
    soundfile = pytest.importorskip("soundfile")
    for folder in (MODEL, CLIPS):
        if not folder.is_dir():
            pytest.skip(f"needs {folder}")
    parts, emotions, sessions = [], [], []
    for path in sorted(CLIPS.glob("*.flac")):
        samples, rate = soundfile.read(path, dtype="float32")
        end = np.flatnonzero(samples)[-1] + 1  # zeros fill clips up to two seconds
        starts = range(0, max(end - rate // 2, 1), rate // 20)
        parts += [(samples[k : k + rate // 2], rate) for k in starts]
        emotions += [path.stem[5]] * len(starts)
        session = next(s for s, pair in enumerate(SESSIONS) if path.stem[:2] in pair)
        sessions += [session] * len(starts)
    X = TransformerFeatures(model=MODEL).fit_transform(parts)
    return X, np.array(emotions), np.array(sessions)


def test_the_gain_is_larger_than_by_smote_and_random_oversampling(windows):
    X, y, session = windows
    results = compare_samplers(
        X,
        y,
        samplers_and_baselines(),
        {
            "logistic regression": LogisticRegression(C=0.1, max_iter=60),
            "MLP": MLPClassifier((128,), max_iter=15, alpha=1e-3),
        },
        groups=session,
        cv=ImbalancedTrainingSplit(LeaveOneGroupOut(), list(SHARES.values())),
        n_jobs=2,
        on_error="raise",
    )
    print(f"\n{X.shape}, {results['n_train'].mean():.0f} rows to train on")
    assert print_gain(results) > 0
