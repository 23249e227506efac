"""Column groups and missing parts that do not fit: each a clear error."""

import numpy as np
import pytest

from skmiaug.exceptions import TinyClassWarning
from tests._helpers import trained
from tests.over_sampling._pairs import (
    AUDIO,
    BY_NAME,
    TEXT,
    frame_of,
    paired,
    pairs,
    without,
)

pytestmark = pytest.mark.usefixtures("few_head_steps")


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ({"audio": slice(0, 7), "text": slice(6, 10)}, "'audio' and 'text' share columns"),
        ({"audio": slice(0, 10), "text": []}, "names none of the 10 columns"),
        ({"audio": slice(0, 10), "text": slice(10, 10)}, "names none of the 10 columns"),
        ({"audio": slice(0, 6), "text": slice(6, 11)}, "reaches beyond the 10 columns"),
        ({"audio": slice(0, 6), "text": [6, 7]}, "2 of the 10 columns belong to no modal"),
        ({"audio": ["h0"], "text": slice(1, 10)}, "lists column names, and X has none"),
        ({"audio": slice(0, 10)}, "names a single one"),
        ({}, "at least one group"),
    ],
    ids=["overlap", "empty list", "empty slice", "beyond", "left over", "names", "one",
         "none"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["fit", "fit_resample"])
def test_groups_of_columns_that_do_not_fit_are_refused(groups, message, method):
    X, y = pairs()
    with pytest.raises(ValueError, match=message):
        getattr(paired(modalities=groups), method)(X, y)


def test_names_that_a_frame_does_not_have_are_refused():
    frame, y = frame_of(*pairs())
    groups = {"audio": BY_NAME["audio"], "text": [*BY_NAME["text"], "pitch"]}
    with pytest.raises(ValueError, match="columns that X does not have: pitch"):
        paired(modalities=groups).fit(frame, y)


def test_modalities_that_are_no_dict_are_refused():
    with pytest.raises(ValueError, match="'modalities' parameter"):
        paired(modalities=["audio", "text"]).fit(*pairs())


def test_all_combinations_of_nothing_are_refused():
    with pytest.raises(ValueError, match="pairing='all' combines modalities, and none are"):
        trained(pairing="all").fit(*pairs())


def test_an_unknown_pairing_is_refused():
    with pytest.raises(ValueError, match="'pairing' parameter"):
        paired(pairing="some").fit(*pairs())


# ---------------------------------------------------------------- missing parts


@pytest.mark.parametrize("pairing", ["generated", "all"])
def test_a_gap_within_a_modality_is_refused(pairing):
    X, y = pairs()
    X[[3, 5], 7] = np.nan
    with pytest.raises(ValueError, match=r"'text' has NaN in some of its .* rows 3, 5\."):
        paired(pairing=pairing).fit(X, y)


def test_a_row_of_nothing_is_refused():
    X, y = pairs()
    X[4] = np.nan
    with pytest.raises(ValueError, match="All modalities are NaN in rows 4"):
        paired().fit(X, y)


def test_a_class_without_a_whole_row_is_named():
    X, y = pairs()
    X = without(X, TEXT, np.flatnonzero(y == 2))
    with pytest.raises(ValueError, match="these classes have none: 2"):
        paired().fit(X, y)


def test_infinity_is_refused():
    X, y = pairs()
    X[0, 0] = np.inf
    with pytest.raises(ValueError, match="contains infinity"):
        paired().fit(X, y)


def test_without_modalities_a_gap_is_still_refused():
    X, y = pairs()
    with pytest.raises(ValueError, match="contains NaN"):
        trained().fit(without(X, TEXT, [0]), y)


def test_rows_without_text_teach_what_audio_is_like():
    X, y = pairs((200, 150, 100))
    shifted = X[:150].copy()
    shifted[:, AUDIO] += 3.0
    lone = without(np.vstack([X, shifted]), TEXT, np.arange(450, 600))
    mean = lone[:, AUDIO].mean(axis=0)
    augmenter = paired(max_iter=0).fit(lone, np.r_[y, y[:150]])
    # The shares of the classes are those of all rows.
    drawn, _ = augmenter.sample(3000)
    np.testing.assert_allclose(drawn[:, AUDIO].mean(axis=0), mean, atol=0.35)


def test_a_class_of_one_row_is_warned_of_and_drawn_around():
    X, y = pairs((30, 12, 1))
    with pytest.warns(UserWarning, match="Classes of a single row: 2"):
        X_new, y_new = paired().fit_resample(X, y)
    drawn = X_new[y_new == 2][1:]
    assert np.isfinite(drawn).all()
    assert len(drawn) == 29


@pytest.mark.parametrize("batch_size", [2, 8])
def test_batches_smaller_than_the_ways_to_give_modalities_are_trained_on(batch_size):
    X, y = pairs()
    groups = {"audio": slice(0, 4), "text": slice(4, 7), "face": slice(7, 10)}
    X_new, _ = paired(modalities=groups, batch_size=batch_size).fit_resample(X, y)
    assert np.isfinite(X_new).all()


def test_three_rows_are_enough():
    X, y = pairs()
    rows = [*np.flatnonzero(y == 0)[:2], np.flatnonzero(y == 1)[0]]
    with pytest.warns(TinyClassWarning, match="1"):
        X_new, y_new = paired(pairing="all").fit_resample(X[rows], y[rows])
    assert np.isfinite(X_new).all()
    assert np.bincount(y_new).tolist() == [8, 8]
