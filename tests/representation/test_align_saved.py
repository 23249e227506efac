"""save, load and pickle of aligners: the same one back, and errors from damaged files."""

import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from skmiaug import load, save
from tests.representation._pairs import AUDIO, TEXT, assert_same_fit, pairs, small


@pytest.fixture
def path(tmp_path):
    return tmp_path / "aligner.skmiaug"


def fitted_attributes(aligner):
    return {n: v for n, v in vars(aligner).items() if n.endswith("_")}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"hidden_layer_sizes": (6, 5)},
        {
            "modalities": {
                "audio": list(range(12)),
                "text": [-8, -7, -6, -5, -4, -3, -2, -1],
            }
        },
        {"modalities": {"a": slice(0, 20, 2), "b": slice(1, None, 2)}},
        {"modalities": None, "output": "shared"},
        {"validation_fraction": 0.0, "random_state": None},
        {"output": "text", "max_iter": 0},
    ],
    ids=str,
)
def test_what_was_saved_comes_back(path, changes):
    aligner = small(**changes).fit(*pairs())
    save(aligner, path)
    back = load(path)
    assert back.get_params() == aligner.get_params()
    expected = fitted_attributes(aligner)
    assert fitted_attributes(back).keys() == expected.keys()
    for name, value in fitted_attributes(back).items():
        np.testing.assert_equal(value, expected[name])
        assert type(value) is type(expected[name])
    assert_same_fit(back, aligner)
    np.testing.assert_array_equal(
        back.get_feature_names_out(), aligner.get_feature_names_out()
    )


def test_ranges_masks_and_names_of_columns_come_back(path):
    X, y = pairs()
    save(small(modalities={"a": range(12), "b": range(12, 20)}).fit(X, y), path)
    assert load(path).modalities == {"a": range(12), "b": range(12, 20)}
    frame = pd.DataFrame(X).add_prefix("f")
    modalities = {"audio": np.arange(20) < 12, "text": frame.columns[12:]}
    aligner = small(modalities=modalities).fit(frame, y)
    save(aligner, path)
    back = load(path)
    np.testing.assert_array_equal(back.modalities["audio"], modalities["audio"])
    assert back.modalities["text"] == list(frame.columns[12:])
    np.testing.assert_array_equal(back.transform(frame), aligner.transform(frame))
    assert_same_fit_of(back.fit(frame, y), aligner, frame)


def assert_same_fit_of(one, other, frame):
    assert one.loss_curve_ == other.loss_curve_
    np.testing.assert_array_equal(one.transform(frame), other.transform(frame))


@pytest.mark.parametrize("sizes", [(), (6, 5)])
def test_parameters_set_after_the_fit_do_not_matter(path, sizes):
    aligner = small(hidden_layer_sizes=sizes).fit(*pairs())
    aligner.set_params(hidden_layer_sizes=(7,), n_components=3, temperature=1.0)
    save(aligner, path)
    assert_same_fit(load(path), aligner)
    assert load(path).hidden_layer_sizes == (7,)


def test_what_was_loaded_can_be_fitted_saved_and_pickled_again(path):
    aligner = small(modalities={"audio": AUDIO, "text": TEXT}).fit(*pairs())
    save(aligner, path)
    back = load(path)
    save(back, path)
    assert_same_fit(load(path), aligner)
    assert_same_fit(pickle.loads(pickle.dumps(back)), aligner)
    assert_same_fit(back.fit(*pairs()), aligner)


def test_pickle_and_joblib_give_the_same_codes(tmp_path):
    aligner = small().fit(*pairs())
    joblib.dump(aligner, tmp_path / "joblib")
    assert_same_fit(pickle.loads(pickle.dumps(aligner)), aligner)
    for mode in (None, "r"):
        assert_same_fit(joblib.load(tmp_path / "joblib", mmap_mode=mode), aligner)


def test_an_aligner_that_is_not_fitted_is_refused(path):
    with pytest.raises(NotFittedError):
        save(small(), path)
    assert not path.exists()
