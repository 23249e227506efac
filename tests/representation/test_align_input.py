"""Bad, odd and extreme input to the aligner: a clear error, or behaviour that is said."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.exceptions import NotFittedError

from skmiaug.representation.alignment import present_modalities
from tests.representation._pairs import AUDIO, TEXT, pairs, small, without_text

# ---------------------------------------------------------------- column groups


@pytest.mark.parametrize(
    ("modalities", "message"),
    [
        ({}, "at least one group"),
        ({"audio": AUDIO, "text": slice(11, 20)}, "share columns: 11"),
        ({"audio": AUDIO, "text": slice(12, 21)}, "beyond the 20 columns"),
        ({"audio": AUDIO, "text": []}, "names none of the 20 columns"),
        ({"audio": AUDIO}, "8 of the 20 columns belong to no modality"),
        ({"audio": AUDIO, "text": ["w0", "w1"]}, "X has none. Pass a DataFrame"),
        ({"audio": AUDIO, "joined": TEXT}, "No modality may be called 'joined'"),
        ({"shared": AUDIO, "text": TEXT}, "No modality may be called 'shared'"),
    ],
    ids=str,
)
@pytest.mark.parametrize("when", ["fit", "fit_transform"])
def test_groups_that_do_not_fit_are_refused(modalities, message, when):
    X, y = pairs()
    with pytest.raises(ValueError, match=message):
        getattr(small(modalities=modalities), when)(X, y)


def test_unknown_names_are_said():
    X, y = pairs()
    frame = pd.DataFrame(X).add_prefix("f")
    modalities = {"audio": [f"f{i}" for i in range(12)], "text": ["w0"]}
    with pytest.raises(ValueError, match="does not have: w0"):
        small(modalities=modalities).fit(frame, y)


@pytest.mark.parametrize("output", ["video", "", "Joined"])
def test_an_output_that_is_not_there_is_refused(output):
    aligner = small(output=output)
    with pytest.raises(ValueError, match=r"output must be 'joined'.*audio, text"):
        aligner.fit(*pairs())
    assert not hasattr(aligner, "classes_")


@pytest.mark.parametrize("sizes", [(0,), (8, -1), (1.5,), ("8",), 8])
def test_hidden_layers_must_be_whole_numbers(sizes):
    with pytest.raises((ValueError, TypeError), match="hidden_layer_sizes"):
        small(hidden_layer_sizes=sizes).fit(*pairs())


# ---------------------------------------------------------------- what is missing


@pytest.mark.parametrize("column", [0, 11, 12, 19])
def test_nan_in_part_of_a_modality_names_it_and_the_row(column):
    X, y = pairs()
    X[7, column] = np.nan
    name = "audio" if column < 12 else "text"
    with pytest.raises(
        ValueError, match=rf"part of modality '{name}' in 1 rows: 7\..*impute"
    ):
        small().fit(X, y)
    aligner = small().fit(*pairs())
    with pytest.raises(ValueError, match="contains NaN in part"):
        aligner.transform(X)


def test_rows_without_anything_are_refused():
    X, y = pairs()
    X[[3, 8]] = np.nan
    with pytest.raises(ValueError, match=r"NaN throughout 2 rows: 3, 8\."):
        small().fit(X, y)


def test_a_modality_that_no_training_row_has_is_refused():
    X, y = pairs()
    with pytest.raises(ValueError, match=r"throughout modality 'text'.*drop its columns"):
        small().fit(without_text(X, slice(None)), y)


def test_a_modality_that_comes_with_no_other_is_refused():
    X, y = pairs()
    X[::2, 12:] = X[1::2, :12] = np.nan
    with pytest.raises(ValueError, match=r"'audio' together with another.*both, or set"):
        small().fit(X, y)
    assert np.isfinite(small(contrastive_weight=0).fit(X, y).transform(X)).all()
    # By way of a third one, two are aligned that share no row.
    groups = {"a": slice(0, 12), "b": slice(12, 16), "c": slice(16, 20)}
    X, y = pairs()
    X[::2, 16:] = X[1::2, :12] = np.nan
    assert np.isfinite(small(modalities=groups).fit(X, y).transform(X)).all()


def test_without_modalities_nan_is_not_said_to_be_in_one():
    X, y = pairs()
    aligner = small(modalities=None).fit(X, y)
    X[[3, 8], [1, 15]] = np.nan
    for call in (lambda: aligner.fit(X, y), lambda: aligner.transform(X)):
        with pytest.raises(ValueError, match=r"NaN in 2 rows: 3, 8\. With modalities=None"):
            call()


def test_long_lists_of_rows_are_cut():
    X, y = pairs()
    X[10:90, 0] = np.nan
    with pytest.raises(ValueError, match=r"in 80 rows: 10, 11, 12, 13, 14, \.\.\.\."):
        small().fit(X, y)


def test_infinity_is_refused():
    X, y = pairs()
    X[3, 15] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        small().fit(X, y)


def test_pandas_na_counts_as_missing():
    X, y = pairs()
    frame = pd.DataFrame(X).astype("Float64")
    frame.iloc[:10, 12:] = pd.NA
    aligner = small().fit(frame, y)
    expected = small().fit(without_text(X, slice(0, 10)), y)
    np.testing.assert_array_equal(
        aligner.transform(frame), expected.transform(without_text(X, slice(0, 10)))
    )


def test_presence_is_told_per_row_and_modality():
    X = np.arange(12.0).reshape(3, 4)
    X[1, 2:] = X[2, :2] = np.nan
    groups = {"a": np.array([0, 1]), "b": np.array([2, 3])}
    expected = [[True, True], [True, False], [False, True]]
    assert present_modalities(X, groups).tolist() == expected


def test_wide_modalities_are_looked_at_whole():
    X = np.zeros((4, 200))
    X[1, 199] = np.nan
    with pytest.raises(ValueError, match="part of modality 'a' in 1 rows: 1"):
        present_modalities(X, {"a": np.arange(200)})
    X[1] = np.nan
    X[1, 0] = 0
    with pytest.raises(ValueError, match="part of modality 'a' in 1 rows: 1"):
        present_modalities(X, {"a": np.arange(200)})


# ---------------------------------------------------------------- kinds of rows and labels


def test_columns_without_numbers_are_named():
    X, y = pairs()
    frame = pd.DataFrame(X).add_prefix("f").assign(f3="low")
    with pytest.raises(ValueError, match=r"do not: f3"):
        small().fit(frame, y)


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csr_array])
def test_sparse_rows_are_refused(kind):
    X, y = pairs()
    with pytest.raises(TypeError, match="toarray"):
        small().fit(kind(X), y)


def test_a_numeric_target_is_refused():
    X, _ = pairs()
    with pytest.raises(ValueError, match="Unknown label type"):
        small().fit(X, np.linspace(0, 1, len(X)))


def test_labels_are_needed():
    with pytest.raises((TypeError, ValueError), match="y"):
        small().fit(pairs()[0], None)


def test_another_number_of_columns_is_refused():
    aligner = small().fit(*pairs())
    with pytest.raises(ValueError, match=r"19 features, but .* expecting 20"):
        aligner.transform(pairs()[0][:, :19])


@pytest.mark.parametrize("method", ["transform", "transform_modalities", "score_retrieval"])
def test_nothing_works_before_the_fit(method):
    with pytest.raises(NotFittedError):
        getattr(small(), method)(pairs()[0])
    with pytest.raises(NotFittedError):
        small().get_feature_names_out()


@pytest.mark.parametrize("order", ["C", "F"])
def test_the_rows_given_are_not_changed(order):
    X, y = pairs()
    X = np.array(without_text(X, [1, 2]), order=order)
    before = X.copy()
    X.flags.writeable = False
    small().fit(X, y).transform(X)
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize("dtype", ["f2", "f4", "i2", "u1", "?"])
def test_any_type_of_number_is_taken(dtype):
    X, y = pairs()
    X = np.abs(X * 5).astype(dtype)
    assert np.isfinite(small().fit(X, y).transform(X)).all()


# ---------------------------------------------------------------- extremes


def test_constant_columns_say_nothing_now_and_later():
    X, y = pairs()
    X[:, 3] = 0.1
    aligner = small().fit(X, y)
    expected = aligner.transform(X)
    X[:, 3] = 1e9
    np.testing.assert_array_equal(aligner.transform(X), expected)


def test_rows_that_are_all_alike_are_no_error(recwarn):
    X, y = pairs(40)
    codes = small().fit(np.ones_like(X), y).transform(np.ones_like(X))
    assert np.isfinite(codes).all()
    assert not recwarn.list


@pytest.mark.parametrize("factor", [1e-300, 1e-30, 1e30, 1e300])
def test_the_magnitude_of_the_rows_does_not_matter(factor, recwarn):
    X, y = pairs()
    expected = small().fit(X, y).transform(X)
    codes = small().fit(X * factor, y).transform(X * factor)
    np.testing.assert_allclose(codes, expected, atol=1e-3)
    assert not recwarn.list


def test_a_row_far_out_gives_a_finite_code(recwarn):
    X, y = pairs()
    aligner = small().fit(X, y)
    far = X[:3].copy()
    far[0, 0], far[1, 0], far[2] = 1e300, -1e300, 1e308
    codes = aligner.transform(far)
    np.testing.assert_allclose(np.square(codes).mean(axis=1), 1.0)
    assert not recwarn.list


def test_an_outlier_in_training_is_no_error(recwarn):
    X, y = pairs()
    X[0, 0] = 1e12
    assert np.isfinite(small().fit(X, y).transform(X)).all()
    assert not recwarn.list
