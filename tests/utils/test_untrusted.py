"""Untrusted files do not block, fill the memory, or mislead."""

import io
import json
import os
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skmiaug.exceptions import FileFormatError
from skmiaug.utils.files._untrusted import (
    check_regular_file,
    check_unpacked_size,
    parse_json,
    printable,
    read_json_file,
    safe_cell,
    write_json_file,
)
from tests._internals import read_tensor_file

# ---------------------------------------------------------------- kinds of files


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
@pytest.mark.parametrize("read", [check_regular_file, read_tensor_file, read_json_file])
def test_pipes_devices_and_folders_are_refused(tmp_path, read):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero", "/dev/null"):
        with pytest.raises(FileFormatError, match="got a pipe, socket or device"):
            read(path)
    with pytest.raises(FileFormatError, match="got a folder"):
        read(tmp_path)


def test_a_file_is_taken_and_one_that_is_absent_or_too_large_is_not(tmp_path):
    path = tmp_path / "a"
    with pytest.raises(FileNotFoundError):
        check_regular_file(path)
    with pytest.raises(FileFormatError, match="is not a path"):
        check_regular_file("a\0b")
    path.write_bytes(bytes(2**20 + 1))
    assert check_regular_file(str(path)) == path
    with pytest.raises(FileFormatError, match="features of at most 1 MiB; it has 1 MiB"):
        check_regular_file(path, "features", max_bytes=2**20)


# ---------------------------------------------------------------- bombs


def npy_header(shape, dtype="<f8"):
    stream = io.BytesIO()
    header = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, header)
    return stream.getvalue()


def npz(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)


def test_files_of_usual_size_pass(tmp_path):
    rows = np.zeros((1000, 100))  # which shrink a thousandfold
    np.save(tmp_path / "a.npy", rows)
    np.save(tmp_path / "scalar.npy", np.float64(3))
    np.savez_compressed(tmp_path / "a.npz", X=rows, y=np.array(["joy"] * 1000))
    pq.write_table(
        pa.table({"a": [0.0] * 100_000, "b": ["x"] * 100_000}), tmp_path / "a.parquet"
    )
    (tmp_path / "a.csv").write_text("a,b\n")
    for path in tmp_path.iterdir():
        check_unpacked_size(path)


def test_archives_that_unpack_to_far_more_are_refused(tmp_path):
    path = tmp_path / "a.npz"
    npz(path, X=npy_header((2**22, 9)) + bytes(2**22 * 72))
    assert path.stat().st_size < 2 * 2**20
    with pytest.raises(
        FileFormatError, match=r"at most 100 times its size; .* claim to be"
    ):
        check_unpacked_size(path)


def test_tables_that_unpack_to_far_more_are_refused(tmp_path):
    path = tmp_path / "a.parquet"
    chunk = pa.table({f"c{k}": pa.repeat(0.5, 2**20) for k in range(40)})
    pq.write_table(chunk, path)
    assert path.stat().st_size < 2**20
    with pytest.raises(
        FileFormatError, match=r"at most 100 times its size; .* claim to be"
    ):
        check_unpacked_size(path)


@pytest.mark.parametrize("shape", [(10**12,), (2**40, 2**40), (3,)])
def test_arrays_that_claim_more_than_is_there_are_refused(tmp_path, shape):
    data = npy_header(shape) + bytes(8)
    (tmp_path / "a.npy").write_bytes(data)
    npz(tmp_path / "a.npz", X=data)
    for path in tmp_path.iterdir():
        with pytest.raises(FileFormatError, match=r"cut short|damaged"):
            check_unpacked_size(path)


def test_arrays_of_objects_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{}], dtype=object))
    with pytest.raises(FileFormatError, match="Python objects, which could run code"):
        check_unpacked_size(tmp_path / "a.npy")


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".parquet"])
@pytest.mark.parametrize(
    "data", [b"", b"PK\3\4", b"PAR1PAR1", b"\x93NUMPY", b"\x93NUMPY\1\0\4\0{}}}"]
)
def test_damaged_files_are_named(tmp_path, suffix, data):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(data)
    with pytest.raises(FileFormatError, match=r"a\.np|a\.parq"):
        check_unpacked_size(path)


# ---------------------------------------------------------------- JSON


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"{", "expected JSON, got something else"),
        (b"\xff\xfe", "something else"),
        ("[" * 100_000, "nested too deep"),
        ('{"a":' * 100_000, "nested too deep"),
        ('"\\ud800"', "surrogates not allowed"),
        ("1" * 10_000, "something else"),
        (b"", "something else"),
    ],
)
def test_what_is_no_json_is_refused_by_name(text, message):
    with pytest.raises(FileFormatError, match=f"a.json: .*{message}"):
        parse_json(text, "a.json")


def test_json_of_any_kind_is_read():
    assert parse_json(b'\xef\xbb\xbf{"a": "\\ud83d\\ude00"}', "a") == {"a": "\U0001f600"}
    assert parse_json("[1, null]", "a") == [1, None]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("ab1é"), inner),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=60, derandomize=True, deadline=None)
@given(content=JSON)
def test_documents_come_back_from_their_files(content, tmp_path_factory):
    path = tmp_path_factory.mktemp("json") / "a.json"
    write_json_file(path, {"content": content, "b": (1, 2)})
    assert read_json_file(path) == {"content": content, "b": [1, 2]}
    assert json.loads(path.read_text("utf-8"))["b"] == [1, 2]


def test_every_flipped_bit_of_a_document_is_found(tmp_path):
    path = tmp_path / "a.json"
    document = {"score": 0.8125, "name": "nEMO", "folds": [1, 2, None, True], "2": {}}
    write_json_file(path, document)
    whole = path.read_bytes()
    for bit in range(8 * len(whole)):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        try:
            found = read_json_file(path)
        except FileFormatError:
            continue
        assert (
            found == document
        )  # white space, or a letter in another case that means the same


def test_documents_that_json_cannot_hold_are_refused(tmp_path):
    path = tmp_path / "a.json"
    for bad in ({"a": float("nan")}, {"a": object()}, {"crc32": 1}):
        with pytest.raises((TypeError, ValueError)):
            write_json_file(path, bad)
    assert not path.exists()
    write_json_file(path, {2: "a", 10: "b"})
    assert read_json_file(path) == {"2": "a", "10": "b"}
    for text in ("[]", "{}", '{"a": 1}', '{"crc32": [], "a": 1}'):
        path.write_text(text)
        with pytest.raises(FileFormatError, match="checksum"):
            read_json_file(path)


# ---------------------------------------------------------------- texts


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("a\r\nb\tc\x00", r"a\r\nb\tc\x00"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("\ud800", r"\ud800"),
        ("\x9b31m", r"\x9b31m"),
        ("Wut, 怒り, غضب, می\u200cخواهم 😀 a\u00a0b", None),
        (3.5, "3.5"),
    ],
)
def test_control_characters_are_shown_and_not_obeyed(text, shown):
    assert printable(text) == (text if shown is None else shown)


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+cmd", "'+cmd"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        (" =1", "' =1"),
        ("\t=1", "'\t=1"),
        ("-1.5", "-1.5"),
        ("joy", "joy"),
        ("", ""),
        (-1.5, -1.5),
        (None, None),
    ],
)
def test_cells_that_a_spreadsheet_takes_for_formulas_are_made_text(cell, safe):
    assert safe_cell(cell) == safe
