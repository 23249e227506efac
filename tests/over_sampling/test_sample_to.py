"""Rows drawn to a file are those that `sample` draws, whole or not there at all."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skmiaug import GaussianAugmenter
from skmiaug.over_sampling import _base
from tests._helpers import NAMES, small, trained
from tests.over_sampling._pairs import paired, pairs


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], [60, 25, 8])
    return rng.normal(size=(len(y), 5)) + y[:, None], y


@pytest.fixture(scope="module")
def fitted(rows):
    return trained(bandwidth=0.5).fit(*rows)


def assert_same_rows(augmenter, folder, n, y=None, **more):
    """``sample_to`` gives what ``sample`` gives, in files and as returned."""
    expected = augmenter.sample(n, y, **more)
    made = augmenter.sample_to(folder / "made.npy", n, y, **more)
    read = np.load(folder / "made.npy"), np.load(folder / "made_y.npy")
    for one, again, wanted in zip(made, read, expected, strict=True):
        np.testing.assert_array_equal(one, wanted)
        np.testing.assert_array_equal(again, wanted)
    assert read[0].dtype == expected[0].dtype
    assert isinstance(made[0], np.memmap)
    assert not made[0].flags.writeable


@given(
    chunk=st.integers(1, 40),
    wanted=st.one_of(
        st.integers(1, 100), st.lists(st.integers(0, 2), min_size=1, max_size=60)
    ),
    rejection_rate=st.sampled_from([0.0, 0.3]),
)
@settings(max_examples=40)
def test_the_rows_of_sample(fitted, tmp_path_factory, chunk, wanted, rejection_rate):
    n, y = (wanted, None) if isinstance(wanted, int) else (len(wanted), wanted)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_base, "SAMPLED_ROWS", chunk)
        patch.setattr(fitted._generator, "rejection_rate", rejection_rate)
        assert_same_rows(fitted, tmp_path_factory.mktemp("made"), n, y)


def test_with_a_seed_of_its_own(fitted, tmp_path):
    assert_same_rows(fitted, tmp_path, 20, random_state=3)


@pytest.mark.parametrize("dtype", [np.float16, np.float64, np.int32])
def test_in_the_type_of_the_training_rows(rows, tmp_path, dtype):
    X, y = rows
    augmenter = small(bandwidth=0.5).fit((10 * X).astype(dtype), y)
    assert_same_rows(augmenter, tmp_path, 20)


def test_columns_of_a_frame_are_fitted_into_their_types(rows, tmp_path):
    X, y = rows
    frame = pd.DataFrame({"a": X[:, 0], "b": np.rint(3 * X[:, 1]).astype(np.int8)})
    augmenter = small().fit(frame, y)
    assert_same_rows(augmenter, tmp_path, 9, [2, 0, 1] * 3)
    made = np.load(tmp_path / "made.npy")
    np.testing.assert_array_equal(made[:, 1], np.rint(made[:, 1]))


@pytest.mark.parametrize("labels", [NAMES, NAMES.astype(object), np.array([5, 7, 9])])
def test_labels_of_any_kind_are_read_back_without_pickle(rows, tmp_path, labels):
    X, y = rows
    augmenter = small().fit(X, labels[y])
    augmenter.sample_to(tmp_path / "made.npy", 30)
    found = np.load(tmp_path / "made_y.npy", allow_pickle=False)
    assert found.tolist() == augmenter.sample(30)[1].tolist()


@pytest.mark.parametrize("chunk", [5, 8192])
@pytest.mark.parametrize("mixed", [False, True])
def test_rows_of_several_modalities(tmp_path, monkeypatch, chunk, mixed):
    augmenter = paired(max_iter=2).fit(*pairs())
    monkeypatch.setattr(_base, "SAMPLED_ROWS", chunk)
    wanted = np.resize(augmenter.classes_, 23) if mixed else None
    assert_same_rows(augmenter, tmp_path, 23, wanted)


def test_rows_that_go_with_a_condition(rows, tmp_path, monkeypatch):
    X, y = rows
    condition = X[:, :2] + 0.1
    augmenter = trained(max_iter=2).fit(X, y, condition=condition)
    monkeypatch.setattr(_base, "SAMPLED_ROWS", 4)
    assert_same_rows(augmenter, tmp_path, 11)
    assert_same_rows(augmenter, tmp_path, 11, condition=condition[:11])
    assert_same_rows(augmenter, tmp_path, 6, [0, 1] * 3, condition=condition[:6])


def test_older_files_are_replaced_and_a_name_without_ending_gets_one(fitted, tmp_path):
    for n in (4, 7):
        fitted.sample_to(str(tmp_path / "made"), n)
        assert names(tmp_path) == ["made.npy", "made_y.npy"]
        assert len(np.load(tmp_path / "made.npy")) == n


@pytest.mark.parametrize("folder", ["made.npy", "made_y.npy"])
def test_a_folder_in_the_place_of_either_file_is_found_before(fitted, tmp_path, folder):
    (tmp_path / folder).mkdir()
    with pytest.raises(IsADirectoryError, match=f"Add its name.*{folder}"):
        fitted.sample_to(tmp_path / "made.npy", 4)
    assert names(tmp_path) == [folder]


def test_a_missing_folder_is_named_with_the_file(fitted, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"Name a folder that exists.*/made_y.npy'"):
        fitted.sample_to(tmp_path / "none" / "made.npy", 4)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_interruption_leaves_the_older_files(fitted, tmp_path, monkeypatch, error):
    fitted.sample_to(tmp_path / "made.npy", 4)
    before = np.load(tmp_path / "made.npy")
    draw, drawn = type(fitted._generator).sample, []

    def failing(self, T, **given):
        drawn.append(len(T))
        if sum(drawn) > 50:
            raise error
        return draw(self, T, **given)

    monkeypatch.setattr(_base, "SAMPLED_ROWS", 10)
    monkeypatch.setattr(type(fitted._generator), "sample", failing)
    with pytest.raises(error):
        fitted.sample_to(tmp_path / "made.npy", 1000)
    assert sum(drawn) > 50
    assert names(tmp_path) == ["made.npy", "made_y.npy"]
    np.testing.assert_array_equal(np.load(tmp_path / "made.npy"), before)
    assert len(np.load(tmp_path / "made_y.npy")) == 4


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ((0,), "n_samples must be a whole number above 0"),
        ((3, "none"), "classes that were not in the training data"),
        ((3, [0, 1]), "an array of n_samples=3 classes"),
    ],
)
def test_what_sample_refuses_makes_no_file(fitted, tmp_path, arguments, match):
    with pytest.raises(ValueError, match=match):
        fitted.sample_to(tmp_path / "made.npy", *arguments)
    assert names(tmp_path) == []


def test_labels_that_no_file_can_hold_are_refused(tmp_path):
    labels = np.array([Decimal(k % 3) for k in range(30)], dtype=object)
    X = np.random.default_rng(0).normal(size=(30, 2))
    fitted = GaussianAugmenter(random_state=0).fit(X, labels)
    with pytest.raises(ValueError, match="objects of other kinds"):
        fitted.sample_to(tmp_path / "made.npy", 3)
    assert names(tmp_path) == []


def test_an_unfitted_one_says_so(tmp_path):
    from sklearn.exceptions import NotFittedError

    with pytest.raises(NotFittedError):
        small().sample_to(tmp_path / "made.npy", 3)
