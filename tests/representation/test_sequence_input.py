"""Odd sequences, labels and parameters: taken for what they are, or refused."""

import copy

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.model_selection import GridSearchCV

from tests.representation._sequences import (
    padded,
    small_classifier,
    small_encoder,
    small_regressor,
    toy,
)

X, Y = toy(20)
HIDDEN = [np.arange(len(x)) < 2 for x in X]


@pytest.fixture(scope="module")
def fitted():
    return small_encoder().fit(X)


# ---------------------------------------------------------------- sequences


def test_masked_cells_are_unknown_and_padding(fitted):
    array, lengths = padded(X, filling=99.0)
    array[0, 3, 1] = -99.0
    masks = np.arange(array.shape[1]) >= lengths[:, None]
    masks = np.repeat(masks[:, :, None], 4, axis=2)
    masks[0, 3, 1] = True
    known = np.where(masks, np.nan, array)
    given = np.ma.masked_array(array, masks)
    np.testing.assert_array_equal(fitted.transform(given), fitted.transform(known))
    as_list = [one[:n] for one, n in zip(given, lengths, strict=True)]
    np.testing.assert_array_equal(fitted.transform(as_list), fitted.transform(known))
    counts = np.ma.masked_equal(np.arange(24).reshape(1, 6, 4), 5)
    floats = np.where(counts.mask, np.nan, counts.data.astype(float))
    np.testing.assert_array_equal(fitted.transform(counts), fitted.transform(floats))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_restored_sequences_have_the_type_they_came_in(fitted, dtype):
    given = [x.astype(dtype) for x in X]
    for x, mask, restored in zip(given, HIDDEN, fitted.restore(given, HIDDEN), strict=True):
        assert restored.dtype == dtype
        np.testing.assert_array_equal(restored[~mask], x[~mask])
    array, lengths = padded(given)
    restored = fitted.restore(array, padded_masks(array), lengths=lengths)
    assert restored.dtype == dtype


def padded_masks(array):
    return np.broadcast_to(np.arange(array.shape[1]) < 2, array.shape[:2])


@pytest.mark.parametrize("mask", [True, None])
def test_a_mask_for_all_is_refused(fitted, mask):
    with pytest.raises(ValueError, match=f"each of the 20 sequences, got {mask}"):
        fitted.restore(X, mask)


def test_ragged_masks_of_a_padded_array_are_refused(fitted):
    array, _ = padded(X)
    with pytest.raises(ValueError, match=r"\(20, 12\) .* got rows of different lengths"):
        fitted.restore(array, HIDDEN)


@pytest.mark.parametrize("name", [True, "n_steps"])
def test_lengths_that_were_asked_for_by_any_name_are_missed(name):
    array, _ = padded(X, filling=0.0)
    with config_context(enable_metadata_routing=True):
        encoder = small_encoder().set_fit_request(lengths=name)
        with pytest.raises(ValueError, match="told to expect them"):
            encoder.fit(array)
        small_encoder().set_fit_request(lengths=False).fit(array)


# ---------------------------------------------------------------- labels


@pytest.mark.parametrize(
    "y",
    [
        np.array(["joy", None] * 10, dtype=object),
        np.array(["joy", np.nan] * 10, dtype=object),
        pd.Series(["joy", pd.NA] * 10, dtype="string"),
        np.array([0.0, np.nan] * 10),
    ],
    ids=["None", "nan", "NA", "float"],
)
@pytest.mark.filterwarnings("error")
def test_missing_labels_are_refused_with_their_place(y):
    with pytest.raises(ValueError, match="rows without a class, 10 in all: 1, 3, "):
        small_classifier().fit(X, y)


# ---------------------------------------------------------------- parameters


@pytest.mark.parametrize(
    ("changes", "method"),
    [
        ({"pooling": "median"}, "transform"),
        ({"batch_size": 0}, "transform"),
        ({"mask_ratio": 2.0}, "score"),
    ],
    ids=str,
)
def test_parameters_set_after_the_fit_are_checked(fitted, changes, method):
    encoder = copy.copy(fitted).set_params(**changes)
    with pytest.raises(ValueError, match=f"'{next(iter(changes))}' parameter"):
        getattr(encoder, method)(X)


def test_so_are_those_of_the_pretrained_encoder_and_of_the_classifier(fitted):
    encoder = copy.copy(fitted).set_params(pooling="median")
    with pytest.raises(ValueError, match="'pooling' parameter of MaskedTimestepEncoder"):
        small_classifier(pretrained=encoder).fit(X, Y)
    classifier = small_classifier().fit(X, Y).set_params(batch_size=0)
    with pytest.raises(ValueError, match="'batch_size' parameter"):
        classifier.predict(X)


@pytest.mark.parametrize("limits", [(3.0, 0.0), (1, 2, 3), (None, 3.0), ("a", 3.0)])
def test_so_is_the_range_of_a_regressor(limits):
    regressor = small_regressor().fit(X, Y)
    with pytest.raises(ValueError, match=r"output_range must be .* Use -inf or inf"):
        regressor.set_params(output_range=limits).predict(X)
    with pytest.raises(ValueError, match="output_range must be"):
        regressor.fit(X, Y)


def test_numpy_numbers_are_batch_sizes(fitted):
    encoder = copy.copy(fitted).set_params(batch_size=np.int64(7))
    np.testing.assert_allclose(encoder.transform(X), fitted.transform(X), atol=1e-5)


def test_a_search_is_no_encoder_but_has_one():
    search = GridSearchCV(small_encoder(), {"dropout": [0.0, 0.1]}, cv=2).fit(X)
    with pytest.raises(TypeError, match=r"got GridSearchCV\. .*best_estimator_"):
        small_classifier(pretrained=search).fit(X, Y)
    small_classifier(pretrained=search.best_estimator_).fit(X, Y)
