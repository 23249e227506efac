"""Untrusted HDF5: what could do harm is refused before it is read."""

import tracemalloc

import numpy as np
import pytest

from skmiaug.datasets.corpora import open_csd
from skmiaug.exceptions import FileFormatError, MissingExtraError

h5py = pytest.importorskip("h5py", reason="needs the extra mosei")
from tests.datasets._csd_files import write_csd  # noqa: E402

INTERVALS = np.array([[0.0, 1.0]])


@pytest.fixture
def file(tmp_path):
    """A good file, opened to be made bad; its one entry is "v"."""
    path = tmp_path / "a.csd"
    write_csd(path, "root", {"v": (np.ones((1, 3)), INTERVALS)})
    with h5py.File(path, "r+") as opened:
        opened.path = path
        yield opened


def refusal(file, read=lambda csd: csd.features("v")):
    path = file.path
    file.close()
    with pytest.raises(FileFormatError) as caught, open_csd(path) as csd:
        read(csd)
    assert str(path) in str(caught.value)
    return str(caught.value)


def replaced(file, name="features", **options):
    entry = file["root/data/v"]
    del entry[name]
    return entry.create_dataset(name, **options)


def test_a_good_file(file):
    path = file.path
    file.close()
    with open_csd(path) as csd:
        assert csd.root == "root"
        assert csd.entries() == ["v"]
        np.testing.assert_array_equal(csd.features("v"), np.ones((1, 3)))
        np.testing.assert_array_equal(csd.intervals("v"), INTERVALS)


def test_compression_bomb(file):
    # 16 kB that unpack to 800 MB.
    dataset = replaced(
        file, shape=(10_000_000, 20), dtype="f4", chunks=(200_000, 20), compression="gzip"
    )
    dataset[:1] = 1
    tracemalloc.start()
    text = refusal(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "unpacks to at most 1000 times its size" in text
    assert peak < 50e6


def test_nothing_stored_and_gigabytes_claimed(file):
    replaced(file, shape=(10**9, 74), dtype="f4", chunks=(1000, 74))
    assert "of at most 1024 MiB" in refusal(file)


def test_one_huge_chunk_behind_a_small_array(file):
    replaced(
        file,
        shape=(1, 3),
        maxshape=(None, 3),
        dtype="f8",
        chunks=(2**27, 3),
        compression="gzip",
    )
    assert "of at most 1024 MiB" in refusal(file)


def test_links_to_other_files(file, tmp_path):
    entry = file["root/data/v"]
    del entry["features"]
    entry["features"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "/x")
    assert "expected a plain link 'features'; got ExternalLink" in refusal(file)


def test_links_within_the_file(file):
    file["root/data/w"] = h5py.SoftLink("/root/data/v")
    text = refusal(file, lambda csd: csd.features("w"))
    assert "expected a plain link 'w'; got SoftLink" in text


def test_linked_top_level(tmp_path):
    path = tmp_path / "a.csd"
    with h5py.File(path, "w") as opened:
        opened["root"] = h5py.ExternalLink("other.h5", "/")
    with pytest.raises(FileFormatError, match="plain link 'root'"), open_csd(path):
        pass


def test_data_kept_in_another_file(file, tmp_path):
    (tmp_path / "secret.bin").write_bytes(b"0123456789ab")
    replaced(
        file, shape=(1, 3), dtype="f4", external=[(str(tmp_path / "secret.bin"), 0, 12)]
    )
    assert "stored in this file; got data of another file" in refusal(file)


def test_virtual_data(file, tmp_path):
    layout = h5py.VirtualLayout(shape=(1, 3), dtype="f4")
    layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "x", shape=(1, 3))
    entry = file["root/data/v"]
    del entry["features"]
    entry.create_virtual_dataset("features", layout)
    assert "data of another file" in refusal(file)


def test_filters_from_shared_libraries(file):
    # 32001 is Blosc, a plug-in; marked optional, it can be named without being there.
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_chunk((1, 3))
    properties.set_filter(32001, h5py.h5z.FLAG_OPTIONAL, ())
    entry = file["root/data/v"]
    del entry["features"]
    space = h5py.h5s.create_simple((1, 3))
    h5py.h5d.create(entry.id, b"features", h5py.h5t.IEEE_F32LE, space, properties)
    assert "packed by HDF5's own filters; got [32001]" in refusal(file)


def test_references_and_other_kinds(file):
    dataset = replaced(file, shape=(1, 3), dtype=h5py.ref_dtype)
    dataset[0, 0] = file["root"].ref
    assert "as numbers; got object" in refusal(file)


def test_text_where_numbers_belong(file):
    replaced(file, data=np.array([[b"x"]]))
    assert "as numbers; got |S1" in refusal(file)


@pytest.mark.parametrize(
    ("name", "shape"), [("features", (3,)), ("intervals", (1, 3)), ("intervals", (2,))]
)
def test_shapes(file, name, shape):
    replaced(file, name, data=np.zeros(shape))
    text = refusal(file, lambda csd: getattr(csd, name)("v"))
    assert f"expected {name} of shape" in text


def test_what_is_not_there(file):
    text = refusal(file, lambda csd: csd.features("w"))
    assert "expected 'w' in '/root/data'; got no such entry" in text


def test_groups_where_arrays_belong(file):
    entry = file["root/data/v"]
    del entry["features"]
    entry.create_group("features")
    assert "expected features of 'v'; got Group" in refusal(file)


def test_no_sequence_at_all(tmp_path):
    path = tmp_path / "a.csd"
    with h5py.File(path, "w"):
        pass
    with pytest.raises(FileFormatError, match="at the top; got nothing"), open_csd(path):
        pass
    with h5py.File(path, "w") as opened:
        opened.create_group("root")
    with pytest.raises(FileFormatError, match="expected 'data' in"), open_csd(path):
        pass
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + b"\x00" * 200)
    with pytest.raises(FileFormatError, match="cannot be read"), open_csd(path):
        pass
    with pytest.raises(FileFormatError, match="no such file"), open_csd(tmp_path / "b"):
        pass
    with pytest.raises(FileFormatError, match="got a folder"), open_csd(tmp_path):
        pass


def test_cut_off_data(file):
    replaced(file, data=np.random.default_rng(0).normal(size=(5000, 20)))
    path = file.path
    file.close()
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(FileFormatError, match="cannot be read"), open_csd(path) as csd:
        csd.features("v")


def test_words_of_fixed_and_of_any_length(file):
    entry = file["root/data/v"]
    del entry["features"]
    entry.create_dataset("features", data=["good", "däy"], dtype=h5py.string_dtype())
    path = file.path
    file.close()
    with open_csd(path) as csd:
        assert csd.words("v") == ["good", "däy"]


def test_one_long_text_behind_many_words(file):
    words = ["x" * 600_000] * 3
    replaced(file, data=words, dtype=h5py.string_dtype())
    text = refusal(file, lambda csd: csd.words("v"))
    assert "at most 1048576 characters in 'v'; got more" in text


def test_without_h5py(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    with (
        pytest.raises(MissingExtraError, match=r"skmiaug\[mosei\]"),
        open_csd(tmp_path / "a.csd"),
    ):
        pass


@pytest.mark.parametrize("kind", ["S1", None])
def test_a_million_empty_words(file, kind):
    dtype = kind or h5py.string_dtype()
    replaced(file, shape=(1_000_000,), dtype=dtype, chunks=(100_000,), compression="gzip")
    text = refusal(file, lambda csd: csd.words("v"))
    assert "at most 50000 words in 'v'; got 1000000" in text


def test_names_that_are_no_unicode(file):
    data = file["root/data"]
    h5py.h5g.create(data.id, b"vid\xe9o")
    text = refusal(file, lambda csd: csd.entries())
    assert r"expected names of entries in Unicode; got b'vid\xe9o'" in text


def test_bytes_that_are_changed_are_refused_or_harmless(tmp_path):
    path = tmp_path / "a.csd"
    words = np.array([[b"good"], [b"day"]])
    times = np.array([[0, 1], [1, 2.0]])
    write_csd(path, "root", {"v": (words, times)})
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    n_refused = 0
    for _ in range(300):
        damaged = bytearray(whole)
        for place in rng.integers(len(whole), size=rng.integers(1, 6)):
            damaged[place] = rng.integers(256)
        path.write_bytes(damaged)
        try:
            with open_csd(path) as csd:
                for entry in csd.entries():
                    csd.words(entry), csd.intervals(entry)
        except FileFormatError:
            n_refused += 1
    assert 0 < n_refused < 300
