"""MaskedTimestepEncoder: what it learns, embeds and restores."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.representation._sequences import padded, small_encoder, toy, waves

BACKBONES = ["transformer", "gru"]


@pytest.fixture(scope="module", params=BACKBONES)
def fitted(request):
    X, _ = toy(missing=0.05)
    return small_encoder(backbone=request.param).fit(X)


# ---------------------------------------------------------------- what it learns


@pytest.fixture(scope="module", params=BACKBONES)
def trained(request):
    """An encoder that has seen enough, and sequences that it has not."""
    encoder = small_encoder(
        backbone=request.param,
        hidden_size=16,
        max_iter=150,
        batch_size=32,
        learning_rate=1e-2,
    )
    return encoder.fit(waves(120)), waves(60, seed=1)


def test_it_restores_better_than_straight_lines_on_sequences_it_has_not_seen(trained):
    # Over seeds 0.71 ± 0.03 (transformer) and 0.85 ± 0.01 (GRU).
    encoder, X = trained
    assert encoder.score(X) > 0.5


def test_its_score_is_that_of_restoring_and_of_interpolating(trained):
    """The definition again, by the public methods and numpy's own interpolation."""
    encoder, X = trained
    rng = np.random.default_rng(0)
    restored_error, line_error = [], []
    for x in X:
        mask = np.zeros(len(x), dtype=bool)
        mask[rng.integers(1, len(x) - 4) + np.arange(3)] = True
        (restored,) = encoder.restore([x], [mask])
        shown = np.flatnonzero(~mask)
        lines = np.stack(
            [np.interp(np.flatnonzero(mask), shown, x[shown, j]) for j in range(6)], axis=1
        )
        restored_error.append(np.abs(restored[mask] - x[mask]).mean())
        line_error.append(np.abs(lines - x[mask]).mean())
    by_hand = 1 - np.mean(restored_error) / np.mean(line_error)
    assert by_hand == pytest.approx(encoder.score(X), abs=0.25)


def test_an_untrained_one_restores_worse_than_straight_lines():
    X, _ = toy()
    assert small_encoder(max_iter=0).fit(X).score(X) < 0


def test_training_lowers_the_loss_and_the_best_weights_are_kept(trained):
    encoder, _ = trained
    assert encoder.loss_curve_[-1] < 0.75 * encoder.loss_curve_[0]
    assert encoder.best_iter_ == 50 * (1 + int(np.argmax(encoder.validation_scores_)))
    assert encoder.best_validation_score_ == max(encoder.validation_scores_)


def test_early_stopping_ends_a_run_that_learns_nothing_more():
    X, _ = toy()
    encoder = small_encoder(
        max_iter=5000, n_iter_no_change=1, tol=10.0, learning_rate=1e-6
    ).fit(X)
    assert encoder.n_iter_ == 50
    assert encoder.best_iter_ == 0


def test_all_steps_are_done_without_held_out_sequences():
    encoder = small_encoder(validation_fraction=0.0, max_iter=7).fit(toy()[0])
    assert encoder.n_iter_ == encoder.best_iter_ == 7
    assert encoder.validation_scores_ == [None]


# ---------------------------------------------------------------- embeddings


@pytest.mark.parametrize("pooling", ["mean", "mean_std", "max"])
def test_an_embedding_does_not_depend_on_its_company(fitted, pooling):
    X, _ = toy(12, random_state=3)
    encoder = fitted.set_params(pooling=pooling)
    together = encoder.transform(X)
    alone = np.concatenate([encoder.transform([x]) for x in X])
    np.testing.assert_allclose(together, alone, atol=1e-5, rtol=0)
    among_longer = encoder.transform([*X, np.zeros((300, 4))])[:-1]
    np.testing.assert_allclose(among_longer, together, atol=1e-5, rtol=0)
    assert together.dtype == np.float32
    assert together.shape == (12, 16 if pooling == "mean_std" else 8)
    fitted.set_params(pooling="mean_std")


@pytest.mark.parametrize("batch_size", [1, 5, 1000])
def test_it_does_not_depend_on_the_batch_size(fitted, batch_size):
    X, _ = toy(12, random_state=3)
    expected = fitted.transform(X)
    fitted.set_params(batch_size=batch_size)
    np.testing.assert_allclose(fitted.transform(X), expected, atol=1e-5, rtol=0)


def test_restored_timesteps_do_not_depend_on_their_company(fitted):
    X, _ = toy(12, random_state=3)
    masks = [np.arange(len(x)) % 3 == 1 for x in X]
    together = fitted.restore(X, masks)
    for x, mask, restored in zip(X, masks, together, strict=True):
        (alone,) = fitted.restore([x], [mask])
        np.testing.assert_allclose(restored, alone, atol=1e-5, rtol=0)


def test_sequences_of_one_timestep_are_embedded(fitted):
    assert np.isfinite(fitted.transform([np.ones((1, 4))])).all()


# ---------------------------------------------------------------- containers


def test_a_list_and_a_padded_array_give_the_same_bits():
    X, _ = toy(missing=0.05)
    by_list = small_encoder().fit(X)
    expected = by_list.transform(X)
    array, lengths = padded(X, filling=123.0, extra=3)
    np.testing.assert_array_equal(
        small_encoder().fit_transform(array, lengths=lengths), expected
    )
    np.testing.assert_array_equal(small_encoder().fit_transform(padded(X)[0]), expected)
    np.testing.assert_array_equal(by_list.transform(array, lengths=lengths), expected)
    others = (
        [pd.DataFrame(x) for x in X],
        [x.tolist() for x in X],
        pd.Series(X),
        tuple(X),
        [np.asfortranarray(x) for x in X],
        [torch.from_numpy(x) for x in X],
        torch.from_numpy(padded(X)[0]),
    )
    for other in others:
        np.testing.assert_array_equal(by_list.transform(other), expected)
    tensor = torch.from_numpy(array)
    np.testing.assert_array_equal(by_list.transform(tensor, lengths=lengths), expected)
    mask = torch.zeros(array.shape[:2], dtype=bool)
    mask[:, 2] = True
    np.testing.assert_array_equal(
        by_list.restore(tensor, mask, lengths=lengths),
        by_list.restore(array, mask.numpy(), lengths=lengths),
    )
    with pytest.raises(TypeError, match="detach"):
        by_list.transform(tensor.requires_grad_(), lengths=lengths)


def test_restoring_gives_back_the_container_and_touches_nothing_else(fitted):
    X, _ = toy(10, missing=0.1)
    masks = [np.arange(len(x)) % 3 == 1 for x in X]
    as_list = fitted.restore(X, masks)
    for x, mask, restored in zip(X, masks, as_list, strict=True):
        assert restored.dtype == np.float32
        np.testing.assert_array_equal(restored[~mask], x[~mask])
        assert np.isfinite(restored[mask]).all()
    array, lengths = padded(X, filling=-7.0)
    mask = np.arange(array.shape[1]) % 3 == np.ones((10, 1))
    as_array = fitted.restore(array, mask, lengths=lengths)
    for restored, one, length in zip(as_array, as_list, lengths, strict=True):
        np.testing.assert_array_equal(restored[:length], one)
        assert (restored[length:] == -7.0).all()


def test_what_is_hidden_is_not_looked_at(fitted):
    X, _ = toy(6)
    masks = [np.arange(len(x)) < 2 for x in X]
    spoiled = [np.where(m[:, None], np.nan, x) for x, m in zip(X, masks, strict=True)]
    for one, other in zip(
        fitted.restore(X, masks), fitted.restore(spoiled, masks), strict=True
    ):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("replacement", ["learned", "zero", "random"])
def test_every_replacement_restores(replacement):
    X, _ = toy()
    encoder = small_encoder(replacement=replacement, dropout=0.2, loss="l2").fit(X)
    masks = [np.ones(len(x), dtype=bool) for x in X]
    assert all(np.isfinite(x).all() for x in encoder.restore(X, masks))
    assert np.isfinite(encoder.score(X))


def test_units_come_back():
    X, _ = toy()
    scale, shift = np.array([1e-6, 1.0, 50.0, 1e9]), np.array([0.0, -3.0, 900.0, 1e9])
    scaled = [x.astype(np.float64) * scale + shift for x in X]
    masks = [np.arange(len(x)) % 3 == 1 for x in X]
    parameters = {"max_iter": 50, "learning_rate": 1e-2}
    plain = small_encoder(**parameters).fit(X)
    other = small_encoder(**parameters).fit(scaled)
    for one, two in zip(plain.restore(X, masks), other.restore(scaled, masks), strict=True):
        np.testing.assert_allclose((two - shift) / scale, one, atol=0.05)


@pytest.mark.parametrize("dtype", [np.float16, np.int8, np.int64, bool, np.float64])
def test_numbers_of_any_type_are_taken(dtype):
    X = [(2 * x).astype(dtype) for x in toy()[0]]
    assert np.isfinite(small_encoder().fit_transform(X)).all()


# ---------------------------------------------------------------- outliers and holes


def test_cells_that_are_not_finite_count_as_unknown():
    X, _ = toy(missing=0.2)
    infinite = [np.where(np.isnan(x), np.inf, x) for x in X]
    expected = small_encoder().fit_transform(X)
    assert np.isfinite(expected).all()
    np.testing.assert_array_equal(small_encoder().fit_transform(infinite), expected)


def test_wild_values_do_not_set_the_scale():
    X, _ = toy(100)
    wild = [x.astype(np.float64) for x in X]
    for i in range(3):
        wild[i][2, 1] = 1e12
    encoder = small_encoder(clip=0.01).fit(wild)
    assert encoder._space.scale.scale[1] < 3
    greedy = small_encoder(clip=0.0).fit(wild)
    assert greedy._space.scale.scale[1] > 1e9
    embedded = encoder.transform(wild)
    assert np.isfinite(embedded).all()


@settings(max_examples=25)
@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=7),
    st.sampled_from([0.0, 1e-300, 1.0, 1e300]),
    st.integers(0, 99),
)
def test_sequences_of_any_number_length_and_size_are_taken(lengths, magnitude, seed):
    rng = np.random.default_rng(seed)
    X = [magnitude * rng.normal(size=(n, 2)) for n in lengths]
    encoder = small_encoder(max_iter=2).fit(X)
    assert np.isfinite(encoder.transform(X)).all()
    masks = [rng.uniform(size=n) < 0.5 for n in lengths]
    assert all(np.isfinite(x).all() for x in encoder.restore(X, masks))
