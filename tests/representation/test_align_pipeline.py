"""ContrastiveAligner in pipelines and searches, with pandas and polars."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from imblearn.pipeline import Pipeline
from joblib import parallel_config
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    LeaveOneGroupOut,
    cross_val_score,
    cross_validate,
)
from sklearn.preprocessing import StandardScaler

from skmiaug import MIGANAugmenter
from tests.representation._pairs import N_AUDIO, N_TEXT, pairs, small, without_text

NAMES = [f"h{i}" for i in range(N_AUDIO)] + [f"word {i}" for i in range(N_TEXT)]
BY_NAME = {"audio": NAMES[:N_AUDIO], "text": NAMES[N_AUDIO:]}


@pytest.fixture
def frame():
    """Rows with names, labels and speakers."""
    X, y = pairs()
    index = [f"clip {i}" for i in range(len(y))]
    X = pd.DataFrame(X, columns=NAMES, index=index)
    return X, pd.Series(y, index=index, name="emotion"), np.arange(len(y)) % 5


def pipeline(**changes) -> Pipeline:
    augmenter = MIGANAugmenter(
        generator_hidden_layer_sizes=(8,),
        critic_hidden_layer_sizes=(8,),
        max_iter=5,
        random_state=0,
        device="cpu",
    )
    return Pipeline(
        [
            ("align", small(modalities=BY_NAME, **changes)),
            ("augment", augmenter),
            ("classify", LogisticRegression(max_iter=500)),
        ]
    )


@pytest.mark.parametrize("cv", [GroupKFold(3), LeaveOneGroupOut()], ids=repr)
def test_it_goes_before_augmenter_and_classifier_in_a_cross_validation(frame, cv):
    X, y, speaker = frame
    scores = cross_val_score(
        pipeline(),
        X,
        y,
        groups=speaker,
        cv=cv,
        scoring="balanced_accuracy",
        error_score="raise",
    )
    assert scores.min() > 0.7


def test_rows_without_text_go_through_the_pipeline(frame):
    X, y, _ = frame
    gone = pd.DataFrame(without_text(X.to_numpy(), slice(0, 150, 2)), columns=NAMES)
    assert pipeline().fit(gone, y.to_numpy()).score(gone, y) > 0.7


def test_a_grid_over_its_weights(frame):
    X, y, speaker = frame
    grid = {
        "align__contrastive_weight": [0.0, 1.0],
        "align__same_class": ["negative", "positive"],
    }
    scores = []
    for n_jobs in (1, 2):
        search = GridSearchCV(
            pipeline(max_iter=25),
            grid,
            cv=GroupKFold(2),
            scoring="recall_macro",
            n_jobs=n_jobs,
            error_score="raise",
        )
        with parallel_config("threading"):
            search.fit(X, y, groups=speaker)
        scores.append(search.cv_results_["mean_test_score"])
    np.testing.assert_array_equal(*scores)
    assert len(scores[0]) == 4
    assert (
        search.best_estimator_["align"].get_params().items()
        >= {
            name.removeprefix("align__"): value
            for name, value in search.best_params_.items()
        }.items()
    )


def test_retrieval_is_a_scorer(frame):
    X, y, speaker = frame
    result = cross_validate(
        small(modalities=BY_NAME, max_iter=100),
        X,
        y,
        groups=speaker,
        cv=GroupKFold(3),
        scoring=lambda aligner, X, y: aligner.score_retrieval(X, k=[5]),
    )
    assert (result["test_audio_to_text_at_5"] > 5 * 5 / 50).all()
    assert (result["test_text_to_audio_at_5"] > 5 * 5 / 50).all()


def test_clone_copies_parameters_and_nothing_fitted():
    aligner = small(modalities=BY_NAME, hidden_layer_sizes=[4]).fit(
        pd.DataFrame(pairs()[0], columns=NAMES), pairs()[1]
    )
    copy = clone(aligner)
    assert copy.get_params() == aligner.get_params()
    assert not hasattr(copy, "classes_")


# ---------------------------------------------------------------- frames


def test_frames_and_arrays_give_the_same_bits(frame):
    X, y, _ = frame
    named = small(modalities=BY_NAME).fit(X, y)
    plain = small().fit(X.to_numpy(), y.to_numpy())
    assert named.feature_names_in_.tolist() == NAMES
    assert named.loss_curve_ == plain.loss_curve_
    np.testing.assert_array_equal(named.transform(X), plain.transform(X.to_numpy()))


def test_columns_are_found_by_name_wherever_they_are(frame):
    X, y, _ = frame
    expected = small(modalities=BY_NAME).fit_transform(X, y)
    shuffled = X.sample(frac=1, axis=1, random_state=0)
    got = small(modalities=BY_NAME).fit_transform(shuffled, y)
    np.testing.assert_array_equal(got, expected)


def test_frames_come_out_where_asked_for(frame):
    X, y, _ = frame
    aligner = small(modalities=BY_NAME).set_output(transform="pandas").fit(X, y)
    out = aligner.transform(X)
    assert out.columns.tolist() == aligner.get_feature_names_out().tolist()
    assert out.index.equals(X.index)
    assert out.columns[[0, 8]].tolist() == ["audio_0", "text_0"]
    assert isinstance(aligner.set_output(transform="polars").transform(X), pl.DataFrame)


def test_names_pass_through_a_pipeline_of_frames(frame):
    X, y, _ = frame
    steps = Pipeline([("scale", StandardScaler()), ("align", small(modalities=BY_NAME))])
    steps.set_output(transform="pandas")
    assert steps.fit_transform(X, y).shape == (150, 16)
    # Without names the scaler's array has none to find.
    with pytest.raises(
        ValueError, match="X has none. Pass a DataFrame".replace(".", r"\.")
    ):
        clone(steps).set_output(transform="default").fit(X, y)


def test_polars_frames_are_taken(frame):
    X, y, _ = frame
    aligner = small(modalities=BY_NAME)
    codes = aligner.fit_transform(pl.from_pandas(X), pl.Series(y.tolist()))
    np.testing.assert_array_equal(codes, small(modalities=BY_NAME).fit_transform(X, y))
    gone = pl.from_pandas(X).with_columns(
        pl.lit(None, pl.Float64).alias(n) for n in NAMES[12:]
    )
    parts = aligner.transform_modalities(gone)
    assert np.isnan(parts["text"]).all()
    assert np.isfinite(parts["audio"]).all()
