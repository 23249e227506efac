"""save and load: the same estimator back, and nothing but errors from other files."""

import io
import json
import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import safetensors
import torch
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

from skmiaug import MIGANAugmenterCV, load, save
from skmiaug.exceptions import FileFormatError
from skmiaug.training import Checkpoint
from skmiaug.utils import _tensor_file
from skmiaug.utils._tensor_file import read_tensor_file, write_tensor_file
from tests._helpers import NAMES, assert_same_fit, small, trained


@pytest.fixture
def path(tmp_path):
    return tmp_path / "augmenter.skmiaug"


@pytest.fixture
def saved(skewed, path):
    """A fitted augmenter that lies at ``path``."""
    augmenter = trained().fit(*skewed)
    save(augmenter, path)
    return augmenter


def fitted_attributes(estimator):
    return {n: v for n, v in vars(estimator).items() if n.endswith("_")}


# ---------------------------------------------------------------- the same back


@pytest.mark.parametrize(
    "changes",
    [
        {"bandwidth": 0.5},
        {"bandwidth": 1.0},
        {"rejection_rate": 0.3, "generator_hidden_layer_sizes": [6, 5, 4]},
        {"sampling_strategy": {1: 30, 2: 20}},
        {"n_components": 3, "latent_dim": 0, "n_continuous_codes": 0},
        {"max_iter": 0, "mi_weight": 0},
        {"random_state": None},
    ],
    ids=str,
)
def test_what_was_saved_comes_back(skewed, path, changes):
    augmenter = trained(**changes)
    augmenter.fit_resample(*skewed)
    assert save(augmenter, path) is None
    back = load(path)
    assert back.get_params() == augmenter.get_params()
    expected = fitted_attributes(augmenter)
    assert fitted_attributes(back).keys() == expected.keys()
    for name, value in fitted_attributes(back).items():
        np.testing.assert_equal(value, expected[name])
        assert type(value) is type(expected[name])
    if changes.get("random_state", 0) is None:
        for one in (augmenter, back):
            one.set_params(random_state=1)
    else:
        assert_same_fit(augmenter, back)


@pytest.mark.parametrize(
    "labels",
    [
        NAMES,
        NAMES.astype(object),
        np.array([-3, 5, 70], dtype=np.int16),
        np.array([0.0, 1.0, 2.0]),
        np.array([False, True, True]),
    ],
    ids=lambda labels: labels.dtype.name,
)
def test_labels_of_any_type_come_back(skewed, path, labels):
    X, y = skewed
    augmenter = small(sampling_strategy="all").fit(X, labels[y])
    save(augmenter, path)
    back = load(path)
    assert back.classes_.dtype == augmenter.classes_.dtype
    assert back.classes_.tolist() == augmenter.classes_.tolist()
    assert back.sampling_strategy_ == augmenter.sampling_strategy_
    _, classes = back.sample(9)
    np.testing.assert_array_equal(classes, augmenter.sample(9)[1])
    assert_same_fit(augmenter, back)


@pytest.mark.parametrize("dtype", ["f2", "f4", "i2", "u8", "?"])
def test_the_type_of_the_rows_comes_back(skewed, path, dtype):
    X, y = skewed
    augmenter = small().fit(np.abs(X * 9).astype(dtype), y)
    save(augmenter, path)
    assert load(path).sample(2)[0].dtype == np.dtype(dtype)


def test_names_and_types_of_columns_come_back(skewed, path):
    X, y = skewed
    frame = pd.DataFrame({"höhe": X[:, 0], "n": (X[:, 1] * 9).astype(np.int8)})
    augmenter = small().fit(frame, y)
    save(augmenter, path)
    back = load(path)
    assert back.feature_names_in_.tolist() == ["höhe", "n"]
    rows, _ = back.sample(50)
    np.testing.assert_array_equal(rows, augmenter.sample(50)[0])
    assert (rows[:, 1] == np.rint(rows[:, 1])).all()


def test_what_was_loaded_can_be_fitted_saved_and_pickled_again(skewed, saved, path):
    back = load(path)
    save(back, path)
    assert_same_fit(load(path), saved)
    assert_same_fit(pickle.loads(pickle.dumps(back)), saved)
    assert_same_fit(back.fit(*skewed), saved)


def test_loading_draws_no_random_numbers_and_warns_of_nothing(saved, path, recwarn):
    before = torch.random.get_rng_state()
    load(path).sample(3)
    assert torch.equal(before, torch.random.get_rng_state())
    assert not recwarn.list


def test_another_process_draws_the_same_rows(saved, path, tmp_path):
    (tmp_path / "pickle").write_bytes(pickle.dumps(saved))
    joblib.dump(saved, tmp_path / "joblib")
    script = """
import pickle, sys, joblib, numpy as np, skmiaug, torch
torch.set_num_threads(1)
with open(sys.argv[1] + "/pickle", "rb") as file:
    fitted = [pickle.load(file)]
fitted += [joblib.load(sys.argv[1] + "/joblib", mmap_mode=m) for m in (None, "r")]
fitted += [skmiaug.load(sys.argv[2])]
np.save(sys.argv[1] + "/rows.npy", np.stack([one.sample(20)[0] for one in fitted]))
"""
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning:skmiaug", "-c", script, tmp_path, path],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "not writable" not in done.stderr
    for rows in np.load(tmp_path / "rows.npy"):
        np.testing.assert_array_equal(rows, saved.sample(20)[0])


# ---------------------------------------------------------------- what save refuses


def test_an_estimator_that_is_not_fitted_is_refused(path):
    with pytest.raises(NotFittedError):
        save(small(), path)
    assert not path.exists()


@pytest.mark.parametrize("other", [LogisticRegression(), {"a": 1}, None])
def test_other_objects_are_refused_with_the_remedy(path, other):
    with pytest.raises(TypeError, match=r"MIGANAugmenter.*joblib\.dump"):
        save(other, path)
    assert not path.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"random_state": np.random.RandomState(0)},
        {"sampling_strategy": lambda y: {2: 60}},
    ],
    ids=["RandomState", "callable"],
)
def test_parameters_that_need_pickle_are_named(skewed, path, changes):
    (name,) = changes
    with pytest.raises(TypeError, match=rf"{name} holds .*without pickle"):
        save(small(**changes).fit(*skewed), path)
    assert not path.exists()


@pytest.mark.parametrize("failing", ["replace", "fsync"])
def test_a_failure_leaves_the_old_file_and_nothing_beside(
    skewed, saved, path, monkeypatch, failing
):
    before = path.read_bytes()

    def fail(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, failing, fail)
    with pytest.raises(OSError, match="No space left"):
        save(small().fit(*skewed), path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_missing_folder_is_an_os_error(saved, path):
    # It names the file that was asked for and not the temporary one.
    with pytest.raises(FileNotFoundError, match=r"Name a folder that exists.*/none/file'$"):
        save(saved, path.parent / "none" / "file")
    with pytest.raises(IsADirectoryError, match="Add its name"):
        save(saved, path.parent)


def test_of_a_search_the_augmenter_is_saved(skewed, path):
    search = MIGANAugmenterCV(mi_weights=[0], augmenter=small(), cv=2).fit(*skewed)
    with pytest.raises(TypeError, match="Save its augmenter_"):
        save(search, path)
    save(search.augmenter_, path)
    np.testing.assert_array_equal(load(path).sample(3)[0], search.sample(3)[0])


# ---------------------------------------------------------------- no pickle


def test_no_pickle_is_written_or_read(skewed, path, monkeypatch):
    X, y = skewed
    augmenter = small().fit(pd.DataFrame(X).add_prefix("f"), NAMES.astype(object)[y])

    def refuse(*args, **kwargs):
        raise AssertionError("pickle was used")

    for name in ("dump", "dumps", "load", "loads", "Pickler", "Unpickler"):
        monkeypatch.setattr(pickle, name, refuse)
    monkeypatch.setattr(torch, "load", refuse)
    save(augmenter, path)
    assert_same_fit(load(path), augmenter)
    with safetensors.safe_open(path, framework="numpy") as file:
        assert set(file.metadata()) == {"skmiaug", "crc32"}
        json.loads(file.metadata()["skmiaug"])
        keys = list(file.keys())
        assert not any(file.get_tensor(key).dtype.hasobject for key in keys)


# ---------------------------------------------------------------- what load refuses


def test_a_missing_file_is_said_to_be_missing(path):
    with pytest.raises(FileNotFoundError):
        load(path)


def test_a_checkpoint_is_not_an_estimator(path):
    Checkpoint(path, "x").write({}, {})
    with pytest.raises(FileFormatError, match=r"expected an estimator .* 'checkpoint'"):
        load(path)


def test_a_pickle_is_not_loaded(path):
    class Danger:
        def __reduce__(self):
            return (os.abort, ())

    path.write_bytes(pickle.dumps(Danger()))
    with pytest.raises(FileFormatError, match="expected a file written by skmiaug"):
        load(path)


def test_a_later_version_asks_for_an_update(skewed, path, monkeypatch):
    monkeypatch.setattr(_tensor_file, "FORMAT_VERSION", _tensor_file.FORMAT_VERSION + 1)
    save(small().fit(*skewed), path)
    monkeypatch.undo()
    with pytest.raises(FileFormatError, match=r"later skmiaug.*Update"):
        load(path)


def test_a_file_cut_short_anywhere_is_refused(saved, path):
    whole = path.read_bytes()
    for n in {0, 1, 7, 8, 9, 100, len(whole) // 2, len(whole) - 1}:
        path.write_bytes(whole[:n])
        with pytest.raises(FileFormatError, match=str(path)):
            load(path)
    path.write_bytes(whole + b"\0")
    with pytest.raises(FileFormatError, match=str(path)):
        load(path)


def test_a_flipped_bit_anywhere_is_refused_or_changes_nothing(saved, path):
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    accepted = 0
    for position in [*range(12), *rng.integers(len(whole), size=300)]:
        damaged = bytearray(whole)
        damaged[position] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        try:
            back = load(path)
        except FileFormatError:
            continue
        accepted += 1  # white space between the header and the tensors
        np.testing.assert_array_equal(back.sample(5)[0], saved.sample(5)[0])
    assert accepted < 5


def rewritten(path, change):
    """Write the file again, in good form, after ``change(header, arrays)``."""
    header, arrays = read_tensor_file(path)
    change(header, arrays)
    write_tensor_file(path, header, arrays)


def without(key):
    return lambda header, arrays: header["state"].pop(key)


@pytest.mark.parametrize(
    "change",
    [
        lambda header, arrays: header.update({"class": ["MIGANAugmenter"]}),
        lambda header, arrays: header.update({"class": "Pipeline"}),
        lambda header, arrays: header.pop("state"),
        lambda header, arrays: header.update(state=[1]),
        lambda header, arrays: header["parameters"].update(unknown=1),
        lambda header, arrays: header.update(parameters=[]),
        lambda header, arrays: arrays.pop("scale.center"),
        lambda header, arrays: arrays.update({"gaussian.means": np.zeros(())}),
        lambda header, arrays: arrays.update({"generator.enter.bias": np.zeros(3)}),
        lambda header, arrays: header["state"].update(classes=["<U9", 3]),
        lambda header, arrays: header["state"]["sampler"].update(dtype="nonsense"),
        without("seed"),
        without("classes"),
        without("sampler"),
        without("device_"),
    ],
)
def test_a_file_with_other_contents_is_refused(saved, path, change):
    rewritten(path, change)
    with pytest.raises(FileFormatError, match=str(path)):
        load(path)


def state(**values):
    return lambda header, arrays: header["state"].update(values)


def sampler(**values):
    return lambda header, arrays: header["state"]["sampler"].update(values)


def array(name, change):
    return lambda header, arrays: arrays.update({name: change(arrays[name])})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (state(n_features_in_=4), "n_features_in_"),
        (state(classes=["<i8", [0, 1]]), "classes"),
        (state(classes=["<i8", [0, 1, 1]]), "classes"),
        (state(class_shares=[0.5, 0.5]), "class_shares"),
        (state(class_shares=[5, 1, 2]), "class_shares"),
        (state(seed=-5), "seed"),
        (state(seed="x"), "seed"),
        (state(column_dtypes=["<f4"]), "column_dtypes"),
        (state(feature_names=["a"]), "feature_names_in"),
        (sampler(bandwidth=5), "bandwidth"),
        (sampler(rejection_rate=1.0), "rejection_rate"),
        (sampler(residual_strength=1e30), "residual_strength"),
        (sampler(dtype="|O"), "dtype"),
        (sampler(dtype="<U9"), "dtype"),
        (array("class_begin", lambda a: a + 10**6), "class_begin"),
        (array("class_begin", lambda a: a * 0), "class_begin"),
        (array("class_begin", lambda a: a[:2]), "class_begin"),
        (array("class_begin", lambda a: a.astype(float)), "class_begin"),
        (array("row_deviations", lambda a: a[:, :3]), "row_deviations"),
        (array("row_deviations", lambda a: a[:9]), "row_deviations"),
        (array("row_deviations", lambda a: a.astype(float)), "row_deviations"),
        (lambda header, arrays: arrays.pop("row_deviations"), "row_deviations"),
        (array("gaussian.means", lambda a: a * np.nan), "gaussian.means has NaN"),
        (array("generator.enter.bias", lambda a: a + np.inf), "enter.bias has NaN"),
        (array("gaussian.means", lambda a: a[:, :3]), "gaussian"),
        (array("gaussian.axes", lambda a: a[:3, :3]), "gaussian.axes"),
        (array("gaussian.axes", lambda a: a.astype(float)), "gaussian.axes"),
        (array("gaussian.noise", lambda a: a[:1]), "gaussian.noise"),
        (array("gaussian.deviation", lambda a: -a), "gaussian.deviation"),
        (array("scale.center", lambda a: a[:3]), "scale.center"),
    ],
)
def test_pieces_that_do_not_belong_together_are_refused(skewed, path, change, message):
    save(trained(bandwidth=0.5, max_iter=1).fit(*skewed), path)
    rewritten(path, change)
    with pytest.raises(FileFormatError, match=message):
        load(path)


@pytest.mark.parametrize(
    "change",
    [
        {"generator_sizes": [10**9]},
        {"critic_sizes": [10**15]},
        {"critic_sizes": [8] * 100_000},
        {"latent_width": 10**15},
        {"n_components": 10**12},
        {"n_codes": 10**12},
    ],
    ids=lambda change: next(iter(change)),
)
def test_sizes_of_networks_are_checked_before_memory_is_taken(saved, path, change):
    rewritten(path, lambda header, arrays: header["state"]["sampler"].update(change))
    begin = time.perf_counter()
    with pytest.raises(FileFormatError):
        load(path)
    assert time.perf_counter() - begin < 5


def test_sizes_of_labels_are_checked_before_memory_is_taken(saved, path):
    huge = ["<U500000000", ["a", "b", "c"]]
    rewritten(path, lambda header, arrays: header["state"].update(classes=huge))
    with pytest.raises(FileFormatError, match="too large"):
        load(path)


def crafted(path, header, data=b"", length=None):
    """A safetensors file with any header, true or not."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    size = len(text) if length is None else length
    path.write_bytes(size.to_bytes(8, "little") + text + data)


def tensor(shape, end, dtype="F32", begin=0):
    return {"a": {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}}


@pytest.mark.parametrize(
    "header",
    [
        tensor([25 * 10**13], 10**15),
        tensor([10**9, 10**9], 4 * 10**18),
        tensor([2**62], 2**64),
        tensor([-1], -4),
        tensor([-1, -1], 4),
        tensor([1.0], 4),
        tensor(["1"], 4),
        tensor([1], "4"),
        tensor([1], None),
        tensor(None, 4),
        tensor([1], 4, "F99"),
        tensor([1], 4, ["F32"]),
        tensor([1] * 10**5, 4),
        tensor([10**4000] * 2000, 4),
        tensor([1], 8, begin=4),
        {"a": 1},
        {"__metadata__": {"skmiaug": "{}"}},
        {"__metadata__": {"skmiaug": "[]", "crc32": ""}},
        {"__metadata__": {"skmiaug": '{"format_version": "1"}', "crc32": ""}},
        {"__metadata__": {"skmiaug": '{"format_version": 1e999}', "crc32": ""}},
        {"__metadata__": {"skmiaug": '{"format_version": 1}', "crc32": 0}},
        {"__metadata__": {"skmiaug": '{"format_version": 1}\ud800', "crc32": "0"}},
        {"__metadata__": {"skmiaug": "[" * 10**5, "crc32": ""}},
        {"__metadata__": "skmiaug"},
        [],
        b"[" * 10**6,
        b'{"a":' * 10**5,
        b"9" * 10**5,
        b"\xff\xfe",
        b"",
    ],
    ids=lambda header: str(header)[:40],
)
def test_headers_that_claim_anything_are_refused_quickly(path, header):
    crafted(path, header, b"\0" * 4)
    begin = time.perf_counter()
    with pytest.raises(FileFormatError, match=str(path)):
        load(path)
    assert time.perf_counter() - begin < 5


@pytest.mark.parametrize("length", [2**63, 2**64 - 1, 10**15, 17 * 2**20])
def test_a_header_longer_than_the_file_is_refused(path, length):
    crafted(path, b"{}", length=length)
    with pytest.raises(FileFormatError, match="expected a file written by skmiaug"):
        load(path)


def test_random_bytes_are_refused(path):
    rng = np.random.default_rng(0)
    for n in rng.integers(0, 2000, size=50):
        path.write_bytes(rng.bytes(n))
        with pytest.raises(FileFormatError):
            load(path)


def test_an_archive_of_numpy_is_refused(path):
    archive = io.BytesIO()
    np.savez(archive, a=np.zeros(3))
    path.write_bytes(archive.getvalue())
    with pytest.raises(FileFormatError):
        load(path)


def test_labels_that_json_has_no_word_for_are_named_with_the_remedy(path):
    X = np.random.default_rng(0).normal(size=(40, 3))
    days = np.repeat(np.array(["2020-01-01", "2021-01-01"], dtype="M8[D]"), 20)
    augmenter = small(max_iter=0).fit(X, days)
    with pytest.raises(TypeError, match=r"got date .*2020.*y\.astype\(str\)"):
        save(augmenter, path)
    assert not path.exists()
    save(small(max_iter=0).fit(X, days.astype(str)), path)
    assert load(path).sample(1, "2021-01-01")[1].tolist() == ["2021-01-01"]
