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

from skmiaug import GaussianAugmenter, MIGANAugmenterCV, load, save
from skmiaug.exceptions import FileFormatError
from skmiaug.training import Checkpoint
from skmiaug.utils.files import _tensor_file
from tests._helpers import NAMES, assert_same_fit, small, trained
from tests._internals import read_tensor_file, write_tensor_file


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
        np.array(["2020-01-01", "2021-01-01", "2022-01-01"], dtype="M8[D]"),
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


def changed_values(value):
    """Other values in the place of one in a header."""
    yield from (None, "x", -1, 2**40, [], {"array": "none"})
    if isinstance(value, float):
        yield from (2.0 * value + 1, -value)


def places(value, path=()):
    """Paths of all values of a header but empty containers."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*path, key))
    elif isinstance(value, list) and value:
        for k, item in enumerate(value):
            yield from places(item, (*path, k))
    else:
        yield path


def replaced(value, path, other):
    """A copy of a header with another value at a path."""
    copy = json.loads(json.dumps(value))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = other
    return copy


def changed_arrays(array):
    """Other arrays in the place of one in a file."""
    yield array[:-1] if array.ndim else array[None]
    yield array[None]
    yield np.concatenate([array, array]) if array.ndim else array[None]
    yield array.astype(np.float64) if array.dtype != np.float64 else array.astype("f4")
    if array.dtype.kind == "f" and array.size:
        yield np.full_like(array, np.nan)


def is_refused_or_works(path) -> bool:
    """Whether a file is refused when it is loaded, and not later."""
    try:
        augmenter = load(path)
    except FileFormatError:
        return True
    X, y = augmenter.sample(7)
    assert np.isfinite(X).all()
    assert len(X) == len(y) == 7
    return False


@pytest.fixture(params=["row", "bandwidth", "pairs", "condition"])
def kinds(request, skewed):
    """Fitted augmenters whose files hold all kinds of pieces."""
    X, y = skewed
    if request.param == "row":
        return trained(rejection_rate=0.2).fit(X, y)
    if request.param == "bandwidth":
        return GaussianAugmenter(bandwidth=0.5, random_state=0).fit(X, y)
    if request.param == "pairs":
        groups = {"a": slice(0, 6), "b": slice(6, 12)}
        return small(modalities=groups, max_iter=1).fit(X, y)
    return small(max_iter=1).fit(X[:, :8], y, condition=X[:, 8:])


def test_changed_headers_are_refused_or_change_nothing_that_matters(kinds, path):
    save(kinds, path)
    header, arrays = read_tensor_file(path)
    rng = np.random.default_rng(0)
    ways = [
        (place, other)
        for place in places(header["estimator"])
        for other in changed_values(None)
    ]
    n_refused = 0
    for k in rng.permutation(len(ways))[:150]:
        place, other = ways[k]
        changed = replaced(header, ("estimator", *place), other)
        write_tensor_file(path, changed, arrays)
        n_refused += is_refused_or_works(path)
    assert n_refused > 50


def test_changed_arrays_are_refused_or_change_nothing_that_matters(kinds, path):
    save(kinds, path)
    header, arrays = read_tensor_file(path)
    n_refused = n_tried = 0
    for name, array in arrays.items():
        for other in changed_arrays(array):
            write_tensor_file(path, header, {**arrays, name: np.ascontiguousarray(other)})
            n_refused += is_refused_or_works(path)
            n_tried += 1
    assert n_refused > 0.7 * n_tried


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
        tensor([10**4000] * 20, 4),
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
