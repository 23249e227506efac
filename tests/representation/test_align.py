"""What a ContrastiveAligner learns and gives."""

import copy

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from skmiaug import ContrastiveAligner
from tests.representation._pairs import (
    AUDIO,
    LABELS,
    N_AUDIO,
    N_TEXT,
    TEXT,
    pairs,
    small,
    without_text,
)


@pytest.fixture(scope="module")
def fitted() -> ContrastiveAligner:
    return small(max_iter=200).fit(*pairs())


def giving(fitted: ContrastiveAligner, output: str) -> ContrastiveAligner:
    """The same fit with another output; the fixture stays as it is."""
    return copy.copy(fitted).set_params(output=output)


# ---------------------------------------------------------------- what is learned


def test_partners_of_unseen_rows_are_found(fitted):
    X, _ = pairs(200, seed=1)
    scores = fitted.score_retrieval(X)
    assert set(scores) == {
        f"{pair}_at_{k}" for pair in ("audio_to_text", "text_to_audio") for k in (1, 5, 10)
    }
    assert min(scores["audio_to_text_at_5"], scores["text_to_audio_at_5"]) > 20 * 5 / 200


def test_without_the_contrastive_term_partners_are_not_found():
    X, _ = pairs(200, seed=1)
    aligner = small(max_iter=200, contrastive_weight=0.0, mi_weight=0.0).fit(*pairs())
    assert aligner.score_retrieval(X, k=[1])["audio_to_text_at_1"] < 0.1


@pytest.mark.parametrize("output", ["joined", "shared", "audio", "text"])
def test_classes_of_unseen_rows_are_read_from_every_output(fitted, output):
    X, y = pairs()
    X_test, y_test = pairs(300, seed=1)
    aligner = giving(fitted, output)
    classifier = LogisticRegression(max_iter=500).fit(aligner.transform(X), y)
    assert classifier.score(aligner.transform(X_test), y_test) > 0.8


def test_the_information_term_keeps_what_only_the_audio_says_of_the_class():
    """The contrastive term alone keeps what both parts say, and the class is not in it."""

    def rows(n, seed):
        X, y = pairs(n, seed=seed, class_signal=0.0)
        X[:, :3] += 2.0 * np.eye(3)[np.searchsorted(LABELS, y)]
        return X, y

    X, y = rows(300, 0)
    X_test, y_test = rows(400, 1)

    def accuracy(**weights):
        aligner = small(output="shared", max_iter=200, **weights).fit(X, y)
        classifier = LogisticRegression(max_iter=500).fit(aligner.transform(X), y)
        return classifier.score(aligner.transform(X_test), y_test)

    without = accuracy(classification_weight=0.0, mi_weight=0.0)
    assert accuracy(classification_weight=0.0, mi_weight=3.0) > without + 0.1


def test_a_bound_that_was_not_trained_is_not_reported():
    aligner = small(mi_weight=0.0).fit(*pairs())
    assert aligner.mutual_information_ is None
    assert small().fit(*pairs()).mutual_information_ > 0.5


def test_the_information_stays_below_its_maximum(fitted):
    _, y = pairs()
    shares = np.unique(y, return_counts=True)[1] / len(y)
    ceiling = -(shares * np.log(shares)).sum()
    assert fitted.mutual_information_max_ == pytest.approx(ceiling)
    assert 0.5 < fitted.mutual_information_ < ceiling


def test_information_of_nothing_is_nothing():
    """Labels that have nothing to do with the rows: the held-out bound is not above 0."""
    X, y = pairs(400)
    shuffled = np.random.default_rng(0).permutation(y)
    assert small(max_iter=300).fit(X, shuffled).mutual_information_ < 0.05


def test_same_class_pairs_come_together_or_stay_apart():
    """The nearer two rows of one class lie, the less their own positive pairs stand out."""
    X, _ = pairs(200, seed=1)
    recall = {
        role: small(max_iter=100, same_class=role)
        .fit(*pairs(300))
        .score_retrieval(X, k=[1])["audio_to_text_at_1"]
        for role in ("negative", "masked", "positive")
    }
    assert recall["positive"] < recall["masked"] <= recall["negative"] + 0.05
    assert recall["positive"] < 0.5 * recall["negative"]


def test_dropout_keeps_training_and_validation_loss_together():
    """Each column repeats what the others hold, with noise of its own: easy to overfit."""
    rng = np.random.default_rng(0)
    X, y = pairs(400, class_signal=1.0)
    X = np.repeat(X, 8, axis=1) + 8.0 * rng.normal(size=(400, 160))
    modalities = {"audio": slice(0, 96), "text": slice(96, 160)}

    def gap(dropout):
        aligner = small(
            modalities=modalities,
            dropout=dropout,
            learning_rate=1e-3,
            max_iter=150,
            n_iter_no_change=100,
        ).fit(X, y)
        return -aligner.validation_scores_[-1] - aligner.loss_curve_[-1]

    assert gap(0.5) < 0.8 * gap(0.0)


def test_hidden_layers_read_what_no_line_separates():
    X = np.random.default_rng(0).normal(size=(1000, 4))
    X[:, 2:] += X[:, :2]
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    parameters = {"modalities": {"a": [0, 1], "b": [2, 3]}, "max_iter": 400}
    linear = small(**parameters).fit(X, y)
    hidden = small(**parameters, hidden_layer_sizes=(32,)).fit(X, y)
    assert linear.mutual_information_ < 0.5 * hidden.mutual_information_
    assert hidden.mutual_information_ > 0.2


# ---------------------------------------------------------------- what transform gives


def test_codes_lie_on_a_sphere(fitted):
    X, _ = pairs(40, seed=2)
    codes = fitted.transform(X).reshape(40, 2, 8)
    np.testing.assert_allclose(np.square(codes).mean(axis=2), 1.0)


def test_outputs_are_views_of_the_same_codes(fitted):
    X, _ = pairs(40, seed=2)
    joined = fitted.transform(X)
    by_name = fitted.transform_modalities(X)
    assert list(by_name) == ["audio", "text"]
    np.testing.assert_array_equal(np.hstack(list(by_name.values())), joined)
    for name, codes in by_name.items():
        np.testing.assert_array_equal(giving(fitted, name).transform(X), codes)
    total = by_name["audio"] + by_name["text"]
    expected = total / np.linalg.norm(total, axis=1, keepdims=True) * np.sqrt(8)
    shared = giving(fitted, "shared").transform(X)
    np.testing.assert_allclose(shared, expected)


@pytest.mark.parametrize(
    ("output", "first", "n"),
    [("joined", "audio_0", 16), ("shared", "shared_0", 8), ("text", "text_0", 8)],
)
def test_names_fit_the_columns(fitted, output, first, n):
    aligner = giving(fitted, output)
    names = aligner.get_feature_names_out()
    assert (names[0], len(names)) == (first, n)
    assert aligner.transform(pairs(3)[0]).shape == (3, n)


def test_a_row_is_projected_the_same_whatever_it_comes_with(fitted):
    X, _ = pairs(5000, seed=3)
    together = fitted.transform(X)
    for i in (0, 4095, 4096, 4999):
        np.testing.assert_allclose(
            fitted.transform(X[i : i + 1])[0], together[i], rtol=1e-9, atol=1e-12
        )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_type_of_the_rows_is_kept(dtype):
    X, y = pairs()
    aligner = small().fit(X.astype(dtype), y)
    assert aligner.transform(X.astype(dtype)).dtype == dtype
    assert aligner.transform_modalities(X.astype(dtype))["text"].dtype == dtype


def test_order_and_scale_of_columns_do_not_matter():
    X, y = pairs()
    order = np.random.default_rng(0).permutation(N_AUDIO + N_TEXT)
    where = np.argsort(order)
    modalities = {"audio": where[AUDIO], "text": where[TEXT]}
    expected = small().fit(X, y).transform(X)
    moved = small(modalities=modalities).fit(X[:, order], y)
    np.testing.assert_array_equal(moved.transform(X[:, order]), expected)
    factors = 2.0 ** np.arange(N_AUDIO + N_TEXT)
    scaled = small().fit(X * factors, y)
    np.testing.assert_allclose(scaled.transform(X * factors), expected, atol=1e-3)


# ---------------------------------------------------------------- more and fewer modalities


def test_three_modalities_are_aligned_pair_by_pair():
    X, y = pairs(300)
    modalities = {"audio": slice(0, 8), "text": slice(8, 14), "video": slice(14, 20)}
    aligner = small(modalities=modalities, max_iter=200).fit(X, y)
    scores = aligner.score_retrieval(pairs(100, seed=1)[0], k=[5])
    assert len(scores) == 6
    assert min(scores.values()) > 5 * 5 / 100
    assert aligner.transform(X).shape == (300, 24)


def test_one_modality_is_a_supervised_projection():
    X, y = pairs()
    aligner = small(modalities=None).fit(X, y)
    assert aligner.transform(X).shape == (150, 8)
    assert aligner.mutual_information_ > 0.5
    assert aligner.get_feature_names_out()[0] == "aligned_0"
    assert aligner.contrastive_loss_curve_ == [0.0, 0.0]


def test_one_class_leaves_the_alignment():
    X, _ = pairs(300)
    aligner = small(max_iter=200).fit(X, np.zeros(300))
    scores = aligner.score_retrieval(pairs(100, seed=1)[0], k=[5])
    assert min(scores.values()) > 10 * 5 / 100
    assert aligner.mutual_information_ == pytest.approx(0.0, abs=1e-6)


def test_labels_of_a_single_row_are_taken():
    X, y = pairs()
    y = y.astype(object)
    y[0] = "boredom"
    aligner = small().fit(X, y)
    assert aligner.classes_.tolist() == ["anger", "boredom", "fear", "joy"]
    assert np.isfinite(aligner.transform(X)).all()


# ---------------------------------------------------------------- missing text


def test_a_row_without_text_is_aligned_by_its_audio(fitted):
    X, _ = pairs(20, seed=4)
    codes = fitted.transform(X).reshape(20, 2, 8)
    half = fitted.transform(without_text(X, slice(0, 10))).reshape(20, 2, 8)
    np.testing.assert_array_equal(half[:10, 0], codes[:10, 0])
    np.testing.assert_allclose(half[:10, 1], codes[:10, 0])  # stands in for the text
    np.testing.assert_array_equal(half[10:], codes[10:])


def test_missing_parts_are_said_where_modalities_are_kept_apart(fitted):
    X, _ = pairs(20, seed=4)
    parts = fitted.transform_modalities(without_text(X, [2, 5]))
    assert np.isfinite(parts["audio"]).all()
    missing = np.isnan(parts["text"])
    assert np.flatnonzero(missing.all(axis=1)).tolist() == [2, 5]
    assert missing.sum() == 2 * 8


def test_all_text_may_be_missing_after_the_fit(fitted):
    X, y = pairs(100, seed=4)
    gone = without_text(X, slice(None))
    codes = fitted.transform(gone).reshape(100, 2, 8)
    np.testing.assert_allclose(codes[:, 0], codes[:, 1])
    classifier = LogisticRegression(max_iter=500).fit(
        fitted.transform(pairs()[0]), pairs()[1]
    )
    assert classifier.score(fitted.transform(gone), y) > 0.75


def test_rows_without_text_are_left_out_of_the_contrastive_term():
    """With two whole rows in all, finding the positive pair costs ln 2 at most."""
    X, y = pairs(60)
    aligner = small(batch_size=60, validation_fraction=0.0, temperature=1e3, max_iter=1)
    aligner.fit(without_text(X, slice(2, None)), y)
    assert aligner.contrastive_loss_curve_[0] == pytest.approx(np.log(2), abs=0.01)
    aligner.fit(X, y)
    assert aligner.contrastive_loss_curve_[0] == pytest.approx(np.log(60), abs=0.01)


def test_training_with_half_the_text_missing_still_aligns():
    X, y = pairs(400)
    aligner = small(max_iter=200).fit(without_text(X, slice(0, 200)), y)
    scores = aligner.score_retrieval(pairs(100, seed=1)[0], k=[5])
    assert min(scores.values()) > 10 * 5 / 100


def test_the_scale_is_that_of_the_rows_that_are_there():
    X, y = pairs(60)
    aligner = small().fit(without_text(X, slice(0, 30)), y)
    scale = aligner._space.scales[1]
    np.testing.assert_allclose(scale.center, X[30:, TEXT].mean(axis=0))
    np.testing.assert_allclose(scale.scale, X[30:, TEXT].std(axis=0))


def test_audio_may_be_missing_too():
    X, y = pairs(100)
    X[:40, AUDIO] = np.nan
    aligner = small().fit(X, y)
    codes = aligner.transform(X).reshape(100, 2, 8)
    np.testing.assert_allclose(codes[:40, 0], codes[:40, 1])
    assert np.isfinite(codes).all()


# ---------------------------------------------------------------- a fit and its record


def test_attributes_say_how_training_went(fitted):
    assert fitted.classes_.tolist() == LABELS.tolist()
    assert fitted.modalities_["text"].tolist() == list(range(12, 20))
    n_checks = -(-fitted.n_iter_ // 25)
    for curve in ("loss", "class_loss", "contrastive_loss", "train_mi"):
        assert len(getattr(fitted, f"{curve}_curve_")) == n_checks
    assert len(fitted.validation_scores_) == n_checks
    kept = fitted.validation_scores_[fitted.best_iter_ // 25 - 1]
    assert fitted.best_validation_score_ == kept
    assert 0 < fitted.best_iter_ <= fitted.n_iter_ <= 200
    assert fitted.temperature_ != 0.07
    assert fitted.device_ == "cpu"


def test_nothing_held_out_trains_to_the_end():
    aligner = small(validation_fraction=0.0).fit(*pairs())
    assert aligner.n_iter_ == aligner.best_iter_ == 50
    assert aligner.validation_scores_ == [None, None]
    assert aligner.mutual_information_ is None


def test_early_stopping_keeps_the_best_weights():
    aligner = small(max_iter=2000, n_iter_no_change=2, learning_rate=0.05).fit(*pairs(60))
    assert aligner.n_iter_ < 2000
    assert aligner.best_iter_ == aligner.n_iter_ - 2 * 25
    assert max(aligner.validation_scores_) > aligner.validation_scores_[-1]


def test_no_step_keeps_the_first_weights():
    aligner = small(max_iter=0).fit(*pairs())
    assert aligner.n_iter_ == 0
    assert aligner.loss_curve_ == []
    assert aligner.temperature_ == pytest.approx(0.07, rel=1e-6)


def test_the_global_random_state_is_untouched():
    before = torch.random.get_rng_state()
    np.random.seed(3)
    expected = np.random.RandomState(3).uniform()
    small().fit(*pairs())
    assert torch.equal(before, torch.random.get_rng_state())
    assert np.random.uniform() == expected


@pytest.mark.parametrize("n", [6, 20])
def test_few_rows_are_enough(n, recwarn):
    X, y = pairs(n)
    modalities = {"audio": AUDIO, "text": TEXT}
    aligner = ContrastiveAligner(modalities=modalities, max_iter=30, random_state=0)
    aligner.fit(X, y)
    codes = aligner.transform(X)
    assert codes.shape == (n, 256)
    assert np.isfinite(codes).all()
    assert not recwarn.list
