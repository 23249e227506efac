"""From files to predictions, inside pipelines, searches and column transformers."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import Pipeline
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, LeaveOneGroupOut, cross_val_predict

from skmiaug import TransformerFeatures

from ._helpers import voice, write


def test_audio_and_text_side_by_side(tiny, tmp_path):
    frame = pd.DataFrame(
        {
            "path": [write(tmp_path / f"{n}.wav", voice(0.3, n)) for n in range(3)],
            "text": ["this is text", "few words", "words"],
        }
    )
    both = ColumnTransformer(
        [
            (
                "h",
                TransformerFeatures(model=tiny("wav2vec2-group")),
                "path",
            ),
            ("t", TransformerFeatures(model=tiny("bert")), ["text"]),
        ]
    ).fit(frame)
    got = both.transform(frame)
    assert got.shape == (3, 48)
    assert both.get_feature_names_out()[[0, 24]].tolist() == [
        "h__layer1_mean_0",
        "t__layer3_mean_0",
    ]


@pytest.fixture
def corpus(tmp_path):
    """Paths, classes 4:1 and speakers; the classes differ in loudness of their noise."""
    rng = np.random.RandomState(0)
    paths, y, speaker = [], [], []
    for n in range(30):
        noise = 0.0 if n % 5 else 0.3
        clip = voice(rng.uniform(0.2, 0.4), n)
        clip += noise * rng.standard_normal(clip.size).astype(np.float32)
        paths.append(write(tmp_path / f"{n}.wav", clip, subtype="FLOAT"))
        y.append("noisy" if noise else "clean")
        speaker.append(n % 3)
    return np.array(paths), np.array(y), np.array(speaker)


# Features that tell the classes apart, though the weights are random.
EASY = {"layer": 0, "pooling": "mean_std"}


def pipeline(model, **kwargs):
    return Pipeline(
        [
            ("feat", TransformerFeatures(**{"model": model, **EASY, **kwargs})),
            ("aug", RandomOverSampler(random_state=0)),
            ("clf", LogisticRegression(max_iter=500)),
        ]
    )


def test_in_a_pipeline_from_files_to_predictions_by_speaker(tiny, corpus):
    paths, y, speaker = corpus
    predicted = cross_val_predict(
        pipeline(tiny("whisper")), paths, y, groups=speaker, cv=LeaveOneGroupOut()
    )
    assert (predicted == y).mean() > 0.8


def test_grid_search_extracts_each_clip_once(tiny, corpus, tmp_path, encoded):
    paths, y, speaker = corpus
    search = GridSearchCV(
        pipeline(tiny("whisper"), cache_dir=tmp_path / "cache"),
        {"clf__C": [0.1, 1.0, 10.0]},
        cv=LeaveOneGroupOut(),
    ).fit(pd.DataFrame({"path": paths}), y, groups=speaker)
    assert search.best_score_ > 0.8
    assert sum(map(len, encoded)) == len(paths)


def test_grid_search_over_layers(tiny, corpus):
    paths, y, speaker = corpus
    search = GridSearchCV(
        pipeline(tiny("whisper")), {"feat__layer": [0, 1]}, cv=LeaveOneGroupOut()
    ).fit(list(paths), y, groups=speaker)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_with_metadata_routing_on(tiny, corpus):
    paths, y, _ = corpus
    with sklearn.config_context(enable_metadata_routing=True):
        assert pipeline(tiny("whisper")).fit(paths, y).predict(paths).shape == y.shape


def test_unfitted_pipeline(tiny, corpus):
    with pytest.raises(NotFittedError):
        pipeline(tiny("whisper")).predict(corpus[0])
