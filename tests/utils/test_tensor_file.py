"""The file format: arrays and a header, back as they were or not at all."""

import numpy as np
import pytest

from skmiaug.exceptions import FileFormatError
from skmiaug.utils.files._tensor_file import read_tensor_file, write_tensor_file


@pytest.fixture
def path(tmp_path):
    return tmp_path / "tensors"


def test_arrays_of_every_type_and_shape_come_back(path):
    rng = np.random.default_rng(0)
    types = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"]
    arrays = {name: (rng.random((3, 2)) * 9).astype(name) for name in types}
    arrays |= {
        "empty": np.zeros((0, 4)),
        "scalar": np.array(3.5),
        "Fortran": np.asfortranarray(rng.random((4, 3))),
        "strided": rng.random((6, 6))[::2, ::3],
        "not finite": np.array([np.nan, np.inf, -np.inf]),
    }
    write_tensor_file(path, {"text": "höhe", "list": [1, None, {"a": 0.1}]}, arrays)
    header, back = read_tensor_file(path)
    assert header == {"format_version": 1, "text": "höhe", "list": [1, None, {"a": 0.1}]}
    assert back.keys() == arrays.keys()
    for name, array in arrays.items():
        assert back[name].dtype == array.dtype
        assert back[name].shape == array.shape or array.ndim == 0
        np.testing.assert_array_equal(back[name].reshape(array.shape), array)


def test_a_file_without_arrays_comes_back(path):
    write_tensor_file(path, {}, {})
    assert read_tensor_file(path) == ({"format_version": 1}, {})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, object()])
def test_a_header_that_json_cannot_hold_is_refused(path, value):
    with pytest.raises((TypeError, ValueError)):
        write_tensor_file(path, {"value": value}, {})
    assert not path.exists()


def test_objects_are_refused(path):
    with pytest.raises(TypeError, match="array 'a', got Python objects"):
        write_tensor_file(path, {}, {"a": np.array([{}, []], dtype=object)})
    assert not path.exists()


def test_every_flipped_bit_of_a_small_file_is_found(path):
    write_tensor_file(path, {"n": 7}, {"a": np.arange(3.0)})
    whole = path.read_bytes()
    header, arrays = read_tensor_file(path)
    for bit in range(8 * len(whole)):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        try:
            found_header, found = read_tensor_file(path)
        except FileFormatError:
            continue
        # White space, or a letter of an escape, that means the same.
        assert found_header == header
        np.testing.assert_array_equal(found["a"], arrays["a"])


def test_tensors_that_change_their_names_are_found(path):
    write_tensor_file(path, {}, {"a": np.zeros(2), "b": np.ones(2)})
    swapped = path.read_bytes().replace(b'"a"', b'"?"').replace(b'"b"', b'"a"')
    path.write_bytes(swapped.replace(b'"?"', b'"b"'))
    with pytest.raises(FileFormatError, match="checksum"):
        read_tensor_file(path)
