"""What MaskedTimestepEncoder refuses, and the message."""

import numpy as np
import pytest
from sklearn import config_context
from sklearn.exceptions import NotFittedError

from skmiaug.representation.sequences import _restoration_score
from tests.representation._sequences import padded, small_encoder, toy

X, _ = toy(8)


@pytest.fixture(scope="module")
def fitted():
    return small_encoder().fit(X)


def changed(i, value):
    return [value if j == i else x for j, x in enumerate(X)]


def with_column(value):
    return [np.column_stack([x[:, :3], np.full(len(x), value)]) for x in X]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (
            changed(3, np.zeros((5, 2))),
            "Sequence 3 has 2 features a timestep and .* 0 has 4",
        ),
        (
            [*changed(3, np.zeros((0, 4))), np.zeros((0, 4))],
            r"Sequence 3 has no timesteps, .* \(2 such in all.*their labels",
        ),
        (changed(3, np.zeros(4)), r"Sequence 3 must have the shape .*, got \(4,\)"),
        (changed(3, np.full((5, 4), np.nan)), "Sequence 3 holds no finite value"),
        (changed(3, np.full((5, 4), np.inf)), "Sequence 3 holds no finite value"),
        (with_column(np.nan), "Feature 3 has no finite value in any sequence"),
        ([], "X holds no sequences"),
        (X[0], r"list of arrays .* got ndarray of shape .*np\.newaxis"),
        (np.zeros((2, 3, 4, 5)), "list of arrays"),
        (None, "list of arrays .* got NoneType"),
        ("abc", "list of arrays .* got str"),
        ([np.zeros((3, 0))], "no features"),
        (np.zeros((0, 5, 4)), "no sequences"),
        (np.zeros((3, 0, 4)), "no sequences"),
    ],
)
def test_sequences_that_do_not_fit_are_refused(bad, message):
    with pytest.raises(ValueError, match=message):
        small_encoder().fit(bad)


@pytest.mark.parametrize(
    "bad",
    [
        changed(3, np.zeros((5, 4), dtype=complex)),
        changed(3, np.full((5, 4), "a")),
        changed(3, [[1, 2, 3, 4], [1, 2]]),
        changed(3, np.full((5, 4), None)),
        np.zeros((3, 5, 4), dtype=complex),
    ],
)
def test_values_that_are_not_numbers_are_refused(bad):
    with pytest.raises((TypeError, ValueError), match=r"sequence 3|Sequence 3|X must"):
        small_encoder().fit(bad)


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ([3] * 7, r"one number for each of the 8 sequences, got the shape \(7,\)"),
        ([[3] * 8], r"got the shape \(1, 8\)"),
        ([3, 99] + [3] * 6, r"lengths\[1\] is 99, but X has 12 timesteps"),
        ([3, -1] + [3] * 6, r"lengths\[1\] is -1"),
        ([3, 0] + [3] * 6, "Sequence 1 has no timesteps"),
        ([3, 2.5] + [3] * 6, "whole numbers"),
        (["a"] * 8, "whole numbers"),
        ([np.nan] * 8, "whole numbers"),
    ],
)
def test_lengths_that_do_not_fit_are_refused(lengths, message):
    array, _ = padded(X)
    with pytest.raises(ValueError, match=message):
        small_encoder().fit(array[:, :12], lengths=lengths)


def test_lengths_of_a_list_are_refused():
    with pytest.raises(ValueError, match="lengths belong to a padded array"):
        small_encoder().fit(X, lengths=[len(x) for x in X])


def test_a_padded_sequence_of_nan_throughout_is_refused():
    array, _ = padded(X)
    array[2] = np.nan
    with pytest.raises(ValueError, match="Sequence 2 has no timesteps"):
        small_encoder().fit(array)


@pytest.mark.parametrize("method", ["transform", "score"])
def test_an_array_whose_lengths_were_lost_is_refused(method):
    array, lengths = padded(X, filling=0.0)
    fitted = small_encoder().fit(array, lengths=lengths)
    call = getattr(fitted, method)
    with pytest.raises(ValueError, match=r"shape \(8, 12, 4\) without.*list\(X\)"):
        call(array)
    call(array, lengths=lengths)
    expected = call(X)
    np.testing.assert_array_equal(call(padded(X)[0]), expected)
    np.testing.assert_array_equal(call(padded(X, extra=3)[0]), expected)


def test_lengths_that_were_asked_for_and_did_not_come_are_missed():
    array, lengths = padded(X, filling=0.0)
    with config_context(enable_metadata_routing=True):
        encoder = small_encoder().set_fit_request(lengths=True)
        with pytest.raises(ValueError, match=r"told to expect them"):
            encoder.fit(array)
        encoder.fit(array, lengths=lengths)
        encoder.fit(X)


@pytest.mark.parametrize("method", ["transform", "score"])
def test_other_features_than_fitted_are_refused(fitted, method):
    with pytest.raises(ValueError, match=r"X has 3 features .* is expecting 4 features"):
        getattr(fitted, method)([x[:, :3] for x in X])


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        ([np.ones(len(x), dtype=bool) for x in X[:-1]], "each of the 8 sequences, got 7"),
        ([np.ones(len(x) + 1, dtype=bool) for x in X], r"mask\[0\] must hold booleans"),
        ([np.ones(len(x)) for x in X], r"mask\[0\] .* got float64"),
    ],
)
def test_masks_that_do_not_fit_are_refused(fitted, mask, message):
    with pytest.raises(ValueError, match=message):
        fitted.restore(X, mask)


def test_masks_of_a_padded_array_must_be_padded_too(fitted):
    array, lengths = padded(X)
    with pytest.raises(ValueError, match=r"have the shape \(8, 12\) .* of shape \(8, 3\)"):
        fitted.restore(array[:, :12], np.ones((8, 3), dtype=bool), lengths=lengths)


def test_a_score_needs_a_second_timestep(fitted):
    with pytest.raises(ValueError, match="no sequence has more than one"):
        fitted.score([x[:1] for x in X])


def test_a_score_needs_a_known_value_among_the_hidden(fitted, monkeypatch):
    holed = np.full((2, 4), np.nan)
    holed[0] = 1.0
    monkeypatch.setattr(
        _restoration_score, "draw_masks", lambda *args: np.array([False, True])
    )
    with pytest.raises(ValueError, match="no value is known, and has nothing to compare"):
        fitted.score([holed])


@pytest.mark.parametrize("method", ["transform", "score"])
def test_it_must_be_fitted_first(method):
    with pytest.raises(NotFittedError):
        getattr(small_encoder(), method)(X)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hidden_size": 9}, r"hidden_size must be a multiple of 2 \* n_heads"),
        ({"backbone": "gru", "hidden_size": 9}, "hidden_size must be even"),
        ({"backbone": "lstm"}, "'backbone' parameter"),
        ({"mask_ratio": 1.0}, "'mask_ratio' parameter"),
        ({"mask_ratio": 0.0}, "'mask_ratio' parameter"),
        ({"span_length": 0}, "'span_length' parameter"),
        ({"replacement": "mean"}, "'replacement' parameter"),
        ({"loss": "huber"}, "'loss' parameter"),
        ({"clip": 0.5}, "'clip' parameter"),
        ({"validation_fraction": 1.0}, "'validation_fraction' parameter"),
        ({"device": "nowhere"}, "device must be"),
    ],
)
def test_parameters_out_of_range_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        small_encoder(**changes).fit(X)
