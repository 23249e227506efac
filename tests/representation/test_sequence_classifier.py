"""SequenceEmotionClassifier: with and without pretraining, in clones and pipelines."""

import pickle

import numpy as np
import pytest
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import Pipeline
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_sample_weight

import skmiaug
from skmiaug import MaskedTimestepEncoder, SequenceEmotionClassifier
from tests.representation._sequences import (
    SHAPE,
    assert_same_curves,
    padded,
    small_classifier,
    small_encoder,
    toy,
    waves,
)

NAMES = np.array(["anger", "fear", "joy"])


@pytest.fixture(scope="module")
def encoder():
    return small_encoder(max_iter=30).fit(toy(60)[0])


# ---------------------------------------------------------------- what it learns


@pytest.mark.parametrize("backbone", ["transformer", "gru"])
def test_it_tells_emotions_by_their_dynamics(backbone):
    y = np.arange(160) % 3
    X = waves(160, rates=np.array([0.5, 1.2, 2.2])[y])
    classifier = small_classifier(
        backbone=backbone, hidden_size=16, max_iter=100, learning_rate=1e-2
    ).fit(X[:120], NAMES[y[:120]])
    # Over seeds 1.0, and 0.3 of a linear model on means over time.
    assert classifier.score(X[120:], NAMES[y[120:]]) > 0.8
    means = np.stack([x.mean(axis=0) for x in X])
    linear = LogisticRegression().fit(means[:120], y[:120])
    assert linear.score(means[120:], y[120:]) < 0.6


def test_probabilities_fit_the_predictions():
    X, y = toy()
    classifier = small_classifier(max_iter=20).fit(X, NAMES[y])
    proba = classifier.predict_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    np.testing.assert_array_equal(
        classifier.classes_[proba.argmax(axis=1)], classifier.predict(X)
    )
    assert classifier.classes_.tolist() == NAMES.tolist()
    assert classifier.score(X, NAMES[y]) == np.mean(classifier.predict(X) == NAMES[y])


def test_before_training_every_class_is_as_likely():
    X, y = toy()
    classifier = small_classifier(max_iter=0, head_penalty=None)
    np.testing.assert_allclose(classifier.fit(X, y).predict_proba(X), 1 / 3)


@pytest.mark.parametrize("class_weight", [None, "balanced"])
@pytest.mark.parametrize("changes", [{"freeze_encoder": True}, {"max_iter": 0}], ids=str)
def test_a_solved_head_is_the_logistic_regression_on_embeddings(
    encoder, class_weight, changes
):
    X, y = toy(60)
    y = np.where(np.arange(60) < 40, 0, y)
    classifier = small_classifier(
        pretrained=encoder, head_penalty=2.0, class_weight=class_weight, **changes
    ).fit(X, NAMES[y])
    line = make_pipeline(
        StandardScaler(), LogisticRegression(C=0.5, class_weight=class_weight, tol=1e-8)
    ).fit(encoder.transform(X), NAMES[y])
    np.testing.assert_allclose(
        classifier.predict_proba(X), line.predict_proba(encoder.transform(X)), atol=0.02
    )
    assert classifier.n_iter_ == 0


def test_the_head_is_not_solved_on_what_is_held_out(encoder):
    X, y = toy(60)
    one, other = (
        small_classifier(
            pretrained=encoder, freeze_encoder=True, validation_fraction=fraction
        ).fit(X, y)
        for fraction in (0.5, 0.0)
    )
    loss_of_all, loss_of_half = (
        log_loss(y, classifier.predict_proba(X)) for classifier in (other, one)
    )
    assert loss_of_all < loss_of_half


def test_training_must_earn_its_place_over_the_solved_head(encoder):
    X, y = toy(60)
    solved = small_classifier(pretrained=encoder, freeze_encoder=True)
    solved.set_params(validation_fraction=0.4).fit(X, y)
    ruined = small_classifier(pretrained=encoder, learning_rate=1.0, max_iter=25)
    ruined.set_params(validation_fraction=0.4, dropout=0.9).fit(X, y)
    assert ruined.n_iter_ == 25
    assert ruined.best_iter_ == 0
    np.testing.assert_array_equal(ruined.predict_proba(X), solved.predict_proba(X))


@pytest.mark.parametrize("is_pretrained", [True, False])
def test_what_is_left_open_depends_on_the_start(encoder, is_pretrained):
    X, y = toy()
    start = {"pretrained": encoder if is_pretrained else None, "learning_rate": 5e-3}
    meant = {"head_penalty": None, "encoder_learning_rate": 5e-3}
    if is_pretrained:
        meant = {"head_penalty": 10.0, "encoder_learning_rate": 1e-3}
    left_open = small_classifier(**start).fit(X, y)
    by_hand = small_classifier(**start, **meant).fit(X, y)
    np.testing.assert_array_equal(left_open.predict_proba(X), by_hand.predict_proba(X))


def test_training_begins_at_the_solved_head(encoder):
    X, y = toy(60)
    slow = small_classifier(pretrained=encoder, learning_rate=1e-7)
    solved = small_classifier(pretrained=encoder, freeze_encoder=True)
    np.testing.assert_allclose(
        slow.fit(X, y).predict_proba(X), solved.fit(X, y).predict_proba(X), atol=1e-4
    )


def test_a_frozen_encoder_keeps_its_weights(encoder):
    X, y = toy()
    frozen = small_classifier(pretrained=encoder, freeze_encoder=True).fit(X, y)
    trained = small_classifier(pretrained=encoder).fit(X, y)
    before = encoder._space.encoder.state_dict()
    for name, weights in frozen._fitted.space.encoder.state_dict().items():
        assert (weights == before[name]).all()
    assert any(
        (weights != before[name]).any()
        for name, weights in trained._fitted.space.encoder.state_dict().items()
    )


def test_the_pretrained_encoder_is_not_changed(encoder):
    X, y = toy()
    before = encoder.transform(X)
    small_classifier(pretrained=encoder).fit(X, y)
    np.testing.assert_array_equal(encoder.transform(X), before)


def test_without_pretraining_it_begins_where_the_encoder_does():
    X, y = toy()
    start = small_encoder(max_iter=0, validation_fraction=0.0).fit(X)
    alike = {"head_penalty": None, "encoder_learning_rate": 1e-3}
    from_start = small_classifier(pretrained=start, **alike).fit(X, y)
    from_nothing = small_classifier().fit(X, y)
    assert_same_curves(from_start, from_nothing)
    np.testing.assert_array_equal(
        from_start.predict_proba(X), from_nothing.predict_proba(X)
    )


def test_class_weights_count_a_class_as_often_as_they_say():
    X, y = toy(60)
    rare = np.flatnonzero((y != 2) | (np.arange(60) % 5 == 0))
    X, y = [X[i] for i in rare], y[rare]
    weights = {c: compute_sample_weight("balanced", y)[y == c][0] for c in range(3)}
    balanced = small_classifier(class_weight="balanced").fit(X, y)
    by_hand = small_classifier(class_weight=weights).fit(X, y)
    plain = small_classifier().fit(X, y)
    np.testing.assert_allclose(balanced.predict_proba(X), by_hand.predict_proba(X))
    rarest = [c.predict_proba(X)[:, 2].mean() for c in (balanced, plain)]
    assert rarest[0] > rarest[1]


def test_early_stopping_looks_at_held_out_sequences():
    X, y = toy()
    classifier = small_classifier(
        validation_fraction=0.3, n_iter_no_change=1, tol=10.0, max_iter=1000
    ).fit(X, y)
    assert classifier.n_iter_ == 25
    assert classifier.best_iter_ == 0
    assert len(classifier.validation_scores_) == 1


@pytest.mark.parametrize("weight", [-1.0, 0.0, np.nan, np.inf])
def test_class_weights_that_no_loss_can_have_are_refused(weight):
    X, y = toy()
    with pytest.raises(ValueError, match=rf"above 0, got {weight:g} for class fear"):
        small_classifier(class_weight={"fear": weight}).fit(X, NAMES[y])


def test_classes_too_small_to_split_are_trained_on():
    X, y = toy(24)
    y = np.where(np.arange(24) < 2, 2, y % 2)
    classifier = small_classifier(validation_fraction=0.5).fit(X, y)
    assert classifier.validation_scores_[0] < 0


# ---------------------------------------------------------------- scikit-learn


def test_a_clone_keeps_the_pretrained_encoder_fitted(encoder):
    classifier = small_classifier(pretrained=encoder, class_weight="balanced")
    copy = clone(classifier)
    assert copy.pretrained._space is encoder._space
    assert copy.get_params() | {"pretrained": None} == classifier.get_params() | {
        "pretrained": None
    }
    fitted = clone(classifier.fit(*toy()))
    assert not hasattr(fitted, "classes_")
    assert not hasattr(clone(encoder), "n_iter_")


def test_a_frozen_estimator_around_the_encoder_is_taken(encoder):
    frozen = pytest.importorskip("sklearn.frozen").FrozenEstimator(encoder)
    X, y = toy()
    plain = small_classifier(pretrained=encoder).fit(X, y)
    wrapped = small_classifier(pretrained=frozen, **dict.fromkeys(SHAPE)).fit(X, y)
    assert_same_curves(plain, wrapped)


def test_a_grid_over_the_start_and_the_head(encoder):
    frozen = pytest.importorskip("sklearn.frozen").FrozenEstimator(encoder)
    X, y = toy(60)
    values = {"pretrained": [frozen, None], "dropout": [0.0, 0.3]}
    grid = GridSearchCV(
        SequenceEmotionClassifier(max_iter=3, random_state=0),
        values,
        cv=StratifiedKFold(2),
        scoring="recall_macro",
        error_score="raise",
    ).fit(X, NAMES[y])
    assert np.isfinite(grid.cv_results_["mean_test_score"]).all()
    assert set(grid.predict(X)) <= set(NAMES)
    with pytest.raises(NotFittedError, match="FrozenEstimator"):
        grid.set_params(param_grid={"pretrained": [encoder]}).fit(X, y)


def test_a_grid_over_the_encoders_parameters_leaves_it_as_it_is(encoder):
    X, y = toy(60)
    before = encoder.get_params()
    grid = GridSearchCV(
        small_classifier(pretrained=encoder),
        {"pretrained__pooling": ["max", "mean_std"]},
        cv=StratifiedKFold(2),
        error_score="raise",
    ).fit(X, y)
    assert encoder.get_params() == before
    pooling = grid.best_params_["pretrained__pooling"]
    assert grid.best_estimator_._fitted.pooling == pooling
    alike = small_encoder(max_iter=30, pooling=pooling).fit(toy(60)[0])
    direct = small_classifier(pretrained=alike).fit(X, y)
    np.testing.assert_array_equal(grid.predict_proba(X), direct.predict_proba(X))


def test_an_encoder_is_what_was_fitted_whatever_was_set_since():
    X, y = toy()
    encoder = small_encoder().fit(X)
    plain = small_classifier(pretrained=encoder, hidden_size=8).fit(X, y)
    encoder.set_params(hidden_size=32, n_layers=3, backbone="gru")
    again = small_classifier(pretrained=encoder, hidden_size=8).fit(X, y)
    assert_same_curves(plain, again)
    with pytest.raises(ValueError, match=r"hidden_size=32 was given, but .* has 8"):
        small_classifier(pretrained=encoder, hidden_size=32).fit(X, y)


def test_encoder_sampler_and_classifier_follow_each_other():
    X, y = toy(60)
    pipeline = Pipeline(
        [
            ("embed", small_encoder()),
            ("balance", RandomOverSampler(random_state=0)),
            ("classify", LogisticRegression()),
        ]
    )
    grid = GridSearchCV(
        pipeline, {"embed__mask_ratio": [0.2, 0.5]}, cv=StratifiedKFold(2),
        error_score="raise",
    ).fit(X, NAMES[y])  # fmt: skip
    assert grid.predict(X).shape == (60,)
    assert pipeline.fit(X, y)["embed"].get_feature_names_out()[0].endswith("encoder0")
    frame = small_encoder().set_output(transform="pandas").fit_transform(X)
    assert frame.shape == (60, 8)


def test_padded_arrays_go_through_cross_validation():
    X, y = toy(60)
    array, _ = padded(X)
    by_list = cross_val_predict(small_classifier(), X, y, cv=StratifiedKFold(2))
    by_array = cross_val_predict(small_classifier(), array, y, cv=StratifiedKFold(2))
    np.testing.assert_array_equal(by_list, by_array)


def test_lengths_are_routed_where_they_are_asked_for():
    X, y = toy(60)
    array, lengths = padded(X, filling=5.0)
    folds = StratifiedKFold(2)
    with config_context(enable_metadata_routing=True):
        classifier = (
            small_classifier().set_fit_request(lengths=True).set_score_request(lengths=True)
        )
        by_array = cross_val_score(
            classifier, array, y, cv=folds, params={"lengths": lengths}
        )
    by_list = cross_val_score(small_classifier(), X, y, cv=folds)
    np.testing.assert_array_equal(by_list, by_array)
    # Not routed, the filling would count as timesteps.
    assert (cross_val_score(small_classifier(), array, y, cv=folds) != by_list).any()


@pytest.mark.parametrize("saved", [False, True])
def test_lengths_that_are_lost_on_the_way_are_missed(saved, tmp_path):
    X, y = toy(60)
    array, lengths = padded(X, filling=0.0)
    with pytest.raises(ValueError, match=r"set_score_request\(lengths=True\)"):
        cross_val_score(
            small_classifier(), array, y, cv=2, params={"lengths": lengths},
            error_score="raise",
        )  # fmt: skip
    classifier = small_classifier().fit(array, y, lengths=lengths)
    if saved:
        skmiaug.save(classifier, tmp_path / "classifier")
        classifier = skmiaug.load(tmp_path / "classifier")
    with pytest.raises(ValueError, match=r"shape \(60, 12, 4\) without"):
        classifier.predict(array)
    np.testing.assert_array_equal(
        classifier.predict_proba(X), classifier.predict_proba(array, lengths=lengths)
    )


def test_pickles_predict_the_same(encoder):
    X, y = toy()
    classifier = small_classifier(pretrained=encoder).fit(X, y)
    copy = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(copy.predict_proba(X), classifier.predict_proba(X))
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(encoder)).transform(X), encoder.transform(X)
    )


def test_its_defaults_are_those_of_the_encoder():
    X, y = toy(12)
    classifier = SequenceEmotionClassifier(max_iter=0, device="cpu").fit(X, y)
    encoder = MaskedTimestepEncoder(max_iter=0, device="cpu").fit(X)
    assert (
        classifier._fitted.space.encoder.architecture == encoder._space.encoder.architecture
    )
    assert classifier._fitted.pooling == encoder.pooling


# ---------------------------------------------------------------- what it refuses


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.zeros(40), "at least 2 classes, got 1"),
        (np.zeros(39), "inconsistent numbers of samples"),
        (np.zeros((40, 2)), "1d array"),
        (np.linspace(0, 1, 40), "Unknown label type"),
    ],
)
def test_labels_that_do_not_fit_are_refused(y, message):
    with pytest.raises(ValueError, match=message):
        small_classifier().fit(toy()[0], y)


def test_a_pretrained_encoder_that_is_not_fitted_is_refused():
    with pytest.raises(NotFittedError, match=r"pretrained=MaskedTimestepEncoder.*fit it"):
        small_classifier(pretrained=small_encoder()).fit(*toy())


@pytest.mark.parametrize("other", [LogisticRegression(), "encoder", 3])
def test_another_thing_as_pretrained_is_refused(other):
    with pytest.raises(TypeError, match="must be a fitted MaskedTimestepEncoder or None"):
        small_classifier(pretrained=other).fit(*toy())


def test_a_shape_that_contradicts_the_encoder_is_refused(encoder):
    X, y = toy()
    small_classifier(pretrained=encoder, hidden_size=8, backbone="transformer").fit(X, y)
    for changes in ({"hidden_size": 16}, {"backbone": "gru"}, {"pooling": "max"}):
        with pytest.raises(ValueError, match=f"{next(iter(changes))}=.* was given"):
            small_classifier(pretrained=encoder, **changes).fit(X, y)


def test_other_features_than_pretrained_on_are_refused(encoder):
    X, y = toy(n_features=5)
    with pytest.raises(ValueError, match=r"5 features .* the pretrained encoder"):
        small_classifier(pretrained=encoder).fit(X, y)


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_it_must_be_fitted_first(method):
    with pytest.raises(NotFittedError):
        getattr(small_classifier(), method)(toy()[0])


def test_predicting_other_features_than_fitted_is_refused():
    classifier = small_classifier().fit(*toy())
    with pytest.raises(ValueError, match="X has 3 features"):
        classifier.predict([x[:, :3] for x in toy()[0]])
