"""Reading feature files: what comes back, and one line for whatever is wrong."""

import io
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skmiaug.evaluation.features import Features, FileOptions, read_features
from skmiaug.exceptions import FileFormatError, MissingExtraError

TABLE = FileOptions(target="emotion", group="speaker")
on_disk = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
matrices = hnp.arrays(
    st.sampled_from(["float64", "float32", "float16", "int64", "int8", "bool"]),
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=6),
    elements={"allow_nan": False, "allow_infinity": False},
).filter(lambda X: np.abs(X.astype(float)).max() <= 1e100)


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "speaker": ["s1", "s1", "s2", "s2"],
            "f1": [1.5, 2, 3, 4],
            "emotion": ["joy", "none", "NA", "joy"],
            "f2": [1, 2, 3, 4],
        }
    )


DEFAULT = FileOptions()


def message_of(path, options=DEFAULT):
    with pytest.raises(FileFormatError) as caught:
        read_features(path, options)
    text = str(caught.value)
    assert "\n" not in text
    return text


# ---- what comes back


@on_disk
@given(matrices, st.booleans(), st.data())
def test_npz_comes_back_as_it_was_saved(tmp_path, X, with_groups, data):
    y = data.draw(hnp.arrays(st.sampled_from(["int64", "int8", "<U3", "S3"]), len(X)))
    groups = {"groups": np.arange(len(X))} if with_groups else {}
    np.savez(tmp_path / "a.npz", X=X, y=y, **groups)
    if y.dtype.kind == "S":
        # To bytes, fewer characters are spaces than to text: b"\x1c" is none.
        y = np.char.decode(y, "utf-8", "backslashreplace")
    if y.dtype.kind == "U":
        y = np.char.strip(y)
    if len(np.unique(y)) < 2:
        assert "at least 2 classes" in message_of(tmp_path / "a.npz")
        return
    found = read_features(tmp_path / "a.npz", FileOptions())
    assert found.X.dtype == (np.float32 if X.dtype in ("f2", "f4") else np.float64)
    np.testing.assert_array_equal(found.X, X)
    assert found.y.dtype.kind in "iU"
    assert len(np.unique(found.y)) == len(np.unique(y)) == len(found.classes)
    assert (found.groups is not None) == with_groups


@on_disk
@given(matrices.filter(lambda X: len(X) > 1), st.sampled_from([".csv", ".parquet"]))
def test_tables_come_back_as_they_were_saved(tmp_path, X, suffix):
    frame = pd.DataFrame(X.astype(float)).add_prefix("f")
    frame.insert(0, "emotion", ["joy", *["fear"] * (len(X) - 1)])
    frame["speaker"] = np.arange(len(X))
    path = tmp_path / f"a{suffix}"
    if suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path)
    found = read_features(path, TABLE)
    np.testing.assert_allclose(found.X, X.astype(float), rtol=1e-14)
    assert list(found.y) == list(frame["emotion"])
    assert list(found.groups) == list(range(len(X)))
    assert found.classes == ["fear", "joy"]


def test_classes_that_look_like_missing_values(frame, tmp_path):
    frame.to_csv(tmp_path / "a.csv", index=False)
    found = read_features(tmp_path / "a.csv", TABLE)
    assert found.class_counts() == {"NA": 1, "joy": 2, "none": 1}
    assert list(found.groups) == ["s1", "s1", "s2", "s2"]
    np.testing.assert_array_equal(found.X, frame[["f1", "f2"]])


def test_spaces_around_a_label_make_no_other_class_or_speaker(tmp_path):
    text = "emotion,f1,speaker\njoy ,1,s1\njoy,2, s1\nfear,3,s2 \nfear,4,s2\n"
    (tmp_path / "a.csv").write_text(text)
    y, groups = np.array(["joy ", "joy", b"fear", b" fear"]), np.array(["s1", "s1 "] * 2)
    np.savez(tmp_path / "a.npz", X=np.zeros((4, 1)), y=y, groups=groups)
    found = read_features(tmp_path / "a.csv", TABLE)
    assert found.class_counts() == {"fear": 2, "joy": 2}
    assert list(found.groups) == ["s1", "s1", "s2", "s2"]
    found = read_features(tmp_path / "a.npz", FileOptions())
    assert list(found.y) == ["joy", "joy", "fear", "fear"]
    assert set(found.groups) == {"s1"}


def test_text_is_read_with_a_byte_order_mark(frame, tmp_path):
    frame = frame[["emotion", "f1", "speaker"]]
    frame.to_csv(tmp_path / "a.csv", index=False, encoding="utf-8-sig")
    assert read_features(tmp_path / "a.csv", TABLE).X.shape == (4, 1)


def test_a_speaker_is_one_speaker_down_a_long_table(tmp_path):
    # Pandas reads so many columns a thousand rows at a time, each with types of its own.
    n = 1200
    frame = pd.DataFrame(np.zeros((n, 700))).add_prefix("f")
    frame["emotion"] = np.arange(n) % 2
    frame["speaker"] = "007"
    frame.loc[n - 2, "speaker"] = "F01"
    frame.to_csv(tmp_path / "a.csv", index=False)
    groups = read_features(tmp_path / "a.csv", TABLE).groups
    assert set(groups) == {"007", "F01"}


def test_target_and_group_in_the_index_of_a_table(frame, tmp_path):
    for index in ("speaker", ["speaker", "emotion"]):
        frame.set_index(index).to_parquet(tmp_path / "a.parquet")
        found = read_features(tmp_path / "a.parquet", TABLE)
        np.testing.assert_array_equal(found.X, frame[["f1", "f2"]])
        assert list(found.groups) == ["s1", "s1", "s2", "s2"]
    # Another level is no feature.
    frame.rename_axis("row").set_index("speaker", append=True).to_parquet(
        tmp_path / "a.parquet"
    )
    assert read_features(tmp_path / "a.parquet", TABLE).X.shape == (4, 2)


def test_rows_that_end_in_a_comma_keep_their_columns(tmp_path):
    (tmp_path / "a.csv").write_text("speaker,f1,f2,emotion\ns,1,2,a,\ns,3,4,b,\n")
    found = read_features(tmp_path / "a.csv", TABLE)
    np.testing.assert_array_equal(found.X, [[1, 2], [3, 4]])
    assert list(found.y) == ["a", "b"]


@pytest.mark.parametrize(
    ("cells", "labels"),
    [
        (["1", "01", "1", "01"], ["01", "1"]),
        (["007", "7", "7", "007"], ["007", "7"]),
        (["True", "true", "True", "true"], ["True", "true"]),
        (["1", "1.0", "1", "1.0"], ["1", "1.0"]),
        (["-0", "0", "0", "-0"], ["-0", "0"]),
        (["1e3", "1000", "1e3", "1000"], ["1000", "1e3"]),
        (["9007199254740993", "9007199254740992"] * 2, ["9007199254740992",
                                                        "9007199254740993"]),
        (["10", "9", "10", "-1"], [-1, 9, 10]),
        (["1.0", "2.0", "1.0", "2.0"], [1, 2]),
    ],
)  # fmt: skip
def test_classes_and_groups_of_text_are_not_merged(tmp_path, cells, labels):
    rows = [f"{i},{cell},{cell}" for i, cell in enumerate(cells)]
    (tmp_path / "a.csv").write_text("\n".join(["f,emotion,speaker", *rows]))
    found = read_features(tmp_path / "a.csv", TABLE)
    assert found.classes == labels
    assert len(np.unique(found.groups)) == len(labels)


@pytest.mark.parametrize("mark", [";", "\t"])
def test_other_separators_are_recognised(tmp_path, mark):
    lines = ["f;pitch, Hz;emotion", "1,5;2;a", "2;3,25;b"]
    (tmp_path / "a.csv").write_text("\n".join(lines).replace(";", mark))
    found = read_features(tmp_path / "a.csv", FileOptions(target="emotion"))
    np.testing.assert_array_equal(found.X, [[1.5, 2], [2, 3.25]])


def test_semicolons_go_with_commas_unless_points_come_first(tmp_path):
    whole = [f"{i};a" for i in range(30)]
    path, options = tmp_path / "a.csv", FileOptions(target="emotion")
    path.write_text("\n".join(["f;emotion", *whole, "1,5;b"]))
    assert read_features(path, options).X[-1] == 1.5
    path.write_text("\n".join(["f;emotion", "0.25;b", *whole, "1.5;b"]))
    assert read_features(path, options).X[-1] == 1.5


def test_a_target_that_is_not_named_is_guessed(tmp_path):
    rows = [f"{i},{'ab'[i % 2]},{i},clip{i}.wav" for i in range(6)]
    (tmp_path / "a.csv").write_text("\n".join(["f,emotion,g,path", *rows]))
    found = read_features(tmp_path / "a.csv", FileOptions(drop=("path",)))
    assert found.classes == ["a", "b"]
    assert "'emotion' is used for the classes; --target names another" in found.note
    names = ",".join(f"f{i}" for i in range(40))
    (tmp_path / "b.csv").write_text(f"{names}\n{','.join('1' * 40)}\n")
    assert message_of(tmp_path / "b.csv").endswith(
        "'f3', … 28 more …, 'f32', 'f33', 'f34', 'f35', 'f36', 'f37', 'f38', 'f39'."
    )


def test_parquet_labels_may_be_bytes_and_not_mixed(tmp_path, frame):
    frame["emotion"] = [b"joy", b"j\xff", b"joy", b"j\xff"]
    frame.to_parquet(tmp_path / "a.parquet")
    assert read_features(tmp_path / "a.parquet", TABLE).classes == ["j\\xff", "joy"]


def test_row_numbers_may_be_dropped(frame, tmp_path):
    frame.to_csv(tmp_path / "a.csv")
    options = FileOptions(target="emotion", group="speaker", drop=("Unnamed: 0",))
    np.testing.assert_array_equal(
        read_features(tmp_path / "a.csv", options).X, frame[["f1", "f2"]]
    )


def test_names_of_classes_in_their_own_order(tmp_path):
    X, y = np.zeros((4, 1)), np.array([2, 0, 0, 2])
    np.savez(tmp_path / "a.npz", X=X, y=y, classes=np.array(["sad", "mad", "glad"]))
    found = read_features(tmp_path / "a.npz", FileOptions())
    assert list(found.y) == ["glad", "sad", "sad", "glad"]
    assert found.class_counts() == {"sad": 2, "glad": 2}
    # Names that do not fit the numbers are not used.
    np.savez(tmp_path / "b.npz", X=X, y=y, classes=np.array(["sad", "mad"]))
    assert list(read_features(tmp_path / "b.npz", FileOptions()).y) == [2, 0, 0, 2]


def test_other_keys_and_layers(emodb):
    options = FileOptions(x_key="X_whisper_layers", layer=3, group_key="session")
    found = read_features(emodb, options)
    with np.load(emodb) as data:
        np.testing.assert_array_equal(found.X, data["X_whisper_layers"][:, 3])
        np.testing.assert_array_equal(found.groups, data["session"])
        assert found.classes == list(data["classes"])
    assert read_features(emodb, FileOptions(x_key="X_egemaps")).groups is None
    text = message_of(emodb, FileOptions(x_key="X_whisper_layers", layer=7))
    assert text.endswith("pick a layer with --layer 0 to 6; got 7.")
    assert "none was named" in message_of(emodb, FileOptions(x_key="X_whisper_layers"))
    text = message_of(emodb, FileOptions(x_key="X_egemap"))
    assert "Did you mean 'X_egemaps'?" in text
    assert "leave it out" in message_of(emodb, FileOptions(x_key="X_egemaps", layer=1))


# ---- what is wrong

GOOD = {"X": np.arange(8.0).reshape(4, 2), "y": np.array([0, 0, 1, 1])}
HOLE = np.array([[1, 2], [3, np.nan], [np.inf, 4], [5, 6]])
BAD_ARRAYS = {
    "no X": ({"y": GOOD["y"]}, "features in array 'X'; the file holds y; name one"),
    "no y": ({"X": GOOD["X"]}, "the classes in array 'y'; the file holds X"),
    "lengths": ({"y": [0, 1, 1]}, "4 rows of features and 3 of classes"),
    "groups": ({"groups": [0, 1]}, "4 rows of features and 2 of groups"),
    "NaN group": ({"groups": [0, 1, np.nan, 1]}, "'groups' is nan in row 2"),
    "one class": ({"y": [7, 7, 7, 7]}, "all 4 rows are of class 7"),
    "text": ({"X": [["a"], ["b"]]}, "expected numbers in 'X'; its type is <U1"),
    "complex": ({"X": [[1j], [2]]}, "its type is complex128"),
    "one-dimensional": ({"X": [1.0, 2]}, "of shape (rows, features); got (2,)"),
    "no rows": ({"X": np.zeros((0, 2)), "y": []}, "rows of features; there are none"),
    "no columns": ({"X": np.zeros((4, 0))}, "feature columns; there are none"),
    "NaN": ({"X": HOLE}, "row 1 (counted from 0), column 1 holds nan (2 such values in 2"),
    "huge": (
        {"X": [[1], [2], [-1e300], [3]]},
        "row 2 (counted from 0), column 0 holds",
    ),
    "objects": ({"X": np.array([[1, None]], dtype=object)}, "are never unpickled"),
    "object labels": ({"y": np.array([1, None, "a", 2], object)}, "'y' holds Python obj"),
    "NaN label": ({"y": [0, 1, np.nan, 1]}, "'y' is nan in row 2"),
    "regression": ({"y": [0.5, 1, 2, 3]}, "classes in 'y' and found numbers such as 0.5"),
    "beyond 64 bits": ({"y": np.array([0, 1, 2**64 - 1, 1], "u8")}, "beyond 64 bits"),
    "one-hot": ({"y": np.eye(4)}, "one value a row; its shape is (4, 4)"),
    "dates": ({"y": np.array(["2020-01-01"] * 4, "M8[D]")}, "its type is datetime64"),
}


@pytest.mark.parametrize("case", BAD_ARRAYS)
def test_bad_arrays(tmp_path, case):
    changed, expected = BAD_ARRAYS[case]
    arrays = {"y": changed["y"]} if case == "no X" else GOOD | changed
    if case == "no y":
        arrays = changed
    np.savez(tmp_path / "a.npz", **arrays)
    text = message_of(tmp_path / "a.npz")
    assert expected in text
    assert text.startswith(str(tmp_path / "a.npz"))


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="files of POSIX")
@pytest.mark.parametrize("suffix", [".npz", ".csv", ".parquet"])
def test_pipes_and_devices_are_refused_at_once(tmp_path, suffix):
    os.mkfifo(tmp_path / f"pipe{suffix}")
    (tmp_path / f"zero{suffix}").symlink_to("/dev/zero")
    for name in ("pipe", "zero"):
        text = message_of(tmp_path / f"{name}{suffix}")
        assert "got a pipe, socket or device" in text


def test_files_that_grow_out_of_proportion_are_refused(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", X=np.zeros((5000, 8000)), y=np.arange(5000) % 2)
    assert "at most 100 times its size" in message_of(tmp_path / "a.npz")


def test_arrays_that_are_not_read_may_hold_objects(tmp_path):
    names = np.array(["a.wav", None, "b.wav", ""], dtype=object)
    np.savez(tmp_path / "a.npz", **GOOD, names=names)
    features = read_features(tmp_path / "a.npz", FileOptions())
    assert len(features.X) == len(names)


def test_bad_paths(tmp_path):
    assert "there is no such file" in message_of(tmp_path / "none.npz")
    assert "got a folder" in message_of(tmp_path)
    (tmp_path / "a.npz").touch()
    assert "empty (0 bytes)" in message_of(tmp_path / "a.npz")
    (tmp_path / "a.mat").write_text("x")
    assert "ends in .npz, .csv, .parquet; this one ends in '.mat'" in message_of(
        tmp_path / "a.mat"
    )
    np.save(tmp_path / "b.npy", GOOD["X"])
    (tmp_path / "b.npy").rename(tmp_path / "b.npz")
    assert "a single array of shape (4, 2)" in message_of(tmp_path / "b.npz")
    (tmp_path / "d.npz").write_bytes(pickle.dumps(GOOD))
    text = message_of(tmp_path / "d.npz")
    assert "nothing is unpickled" in text
    assert "allow_pickle" not in text
    with zipfile.ZipFile(tmp_path / "c.npz", "w") as archive:
        archive.writestr("X", "not an array")
        archive.writestr("y", "nor this")
    assert "'X' is not a NumPy array" in message_of(tmp_path / "c.npz")


BAD_TABLES = {
    "no target": ("f,g\n1,2\n", FileOptions(), "with --target; the columns are 'f'"),
    "absent": (
        "f,emotoin\n1,a\n",
        FileOptions(target="emotion"),
        "no column 'emotion' (--target); the columns are 'f', 'emotoin'. Did you mean",
    ),
    "absent group": ("f,emotion\n1,a\n", TABLE, "no column 'speaker' (--group)"),
    "absent drop": (
        "f,emotion\n1,a\n",
        FileOptions(target="emotion", drop=("file",)),
        "no column 'file' (--drop)",
    ),
    "semicolons that do not separate": (
        "f;emotion\n1\na;2;3\n",
        FileOptions(target="emotion"),
        "are 'f;emotion'. It looks separated by semicolons, but its first lines do not",
    ),
    "Excel's first line": (
        "sep=;\nf;emotion\n1;a\n",
        FileOptions(target="emotion"),
        "its first line is for Excel alone; remove it",
    ),
    "an empty cell among booleans": (
        "f,g,emotion\n1,True,a\n2,,b\n",
        FileOptions(target="emotion"),
        "row 1 (counted from 0), column 'g' is empty",
    ),
    "row numbers": (
        ",f,emotion\n0,1,a\n1,2,b\n",
        FileOptions(target="emotion"),
        "column 0 (counted from 0) is called 'Unnamed: 0', which is most often the row",
    ),
    "row numbers saved once more": (
        "f,Unnamed: 0,emotion\n1,0,a\n2,1,b\n",
        FileOptions(target="emotion"),
        "column 1 (counted from 0) is called 'Unnamed: 0'",
    ),
    "target twice": (
        "emotion,f,emotion\n0,1,0\n1,2,1\n",
        FileOptions(target="emotion"),
        "different column names; repeated: 'emotion'",
    ),
    "twice but for a space": (
        "emotion,f, emotion\n0,1,0\n1,2,1\n",
        FileOptions(target="emotion"),
        "different column names; repeated: 'emotion'",
    ),
    "a cell more in every row": (
        "emotion,f,g\na,1,2,3\nb,2,3,4\n",
        FileOptions(target="emotion"),
        "rows hold more cells than the 3 column names of its header",
    ),
    "all text": (
        "f,emotion\nx,a\ny,b\n",
        FileOptions(target="emotion"),
        "none besides 'f', which hold text",
    ),
    "only a target": (
        "emotion\na\nb\n",
        FileOptions(target="emotion"),
        "no column is left",
    ),
    "one text cell": (
        "f,g,emotion\n1,1,a\nNA,2,b\n",
        FileOptions(target="emotion"),
        "row 1 (counted from 0), column 'f' holds 'NA'; correct it, or leave the text "
        "columns out with --drop f ",
    ),
    "hole": (
        "f,g,emotion\n1,1,a\n2,,b\n",
        FileOptions(target="emotion"),
        "row 1 (counted from 0), column 'g' holds nan",
    ),
    "huge": (
        "f,g,emotion\n1,1,a\n2,1e101,b\n",
        FileOptions(target="emotion"),
        "up to 1e+100, whose squares can be summed; row 1 (counted from 0), column 'g' "
        "holds 1e+101",
    ),
    "no label": (
        "f,emotion\n1,a\n2,\n",
        FileOptions(target="emotion"),
        "column 'emotion' is empty in row 1",
    ),
    "spaces for a label": (
        "f,emotion\n1,a\n2, \n",
        FileOptions(target="emotion"),
        "column 'emotion' is empty in row 1",
    ),
    "target for group": (
        "f,emotion\n1,a\n2,b\n",
        FileOptions(target="emotion", group="emotion"),
        "--group emotion names the classes themselves",
    ),
    "one class": ("f,emotion\n1,a\n2,a\n", FileOptions(target="emotion"), "of class 'a'"),
    "header only": (
        "f,emotion\n",
        FileOptions(),
        "rows of features below the names of the columns; there are none",
    ),
    "blank": ("\n\n", FileOptions(target="emotion"), "a line of column names"),
    "ragged": (
        "f,emotion\n1,a\n1,a,b,c\n",
        FileOptions(target="emotion"),
        "cannot be read as such",
    ),
    "not for tables": (
        "f,emotion\n1,a\n",
        FileOptions(x_key="X"),
        "--x-key names arrays of an .npz file",
    ),
    "not for tables, though others are": (
        "f,emotion\n1,a\n",
        FileOptions(y_key="emotion"),
        "another kind: use --target here.",
    ),
}


@pytest.mark.parametrize("case", BAD_TABLES)
def test_bad_tables(tmp_path, case):
    content, options, expected = BAD_TABLES[case]
    (tmp_path / "a.csv").write_text(content)
    assert expected in message_of(tmp_path / "a.csv", options)


def test_classes_are_no_groups(tmp_path):
    np.savez(tmp_path / "a.npz", **GOOD, c=GOOD["y"])
    for options in (
        FileOptions(group_key="y"),
        FileOptions(y_key="c", group_key="c"),
    ):
        assert "names the classes themselves" in message_of(tmp_path / "a.npz", options)


def test_options_of_tables_are_refused_for_npz(tmp_path):
    np.savez(tmp_path / "a.npz", **GOOD)
    text = message_of(tmp_path / "a.npz", FileOptions(drop=("x",)))
    assert text.startswith("--drop names columns of a .csv or .parquet file")


def test_text_in_another_encoding(tmp_path):
    (tmp_path / "a.csv").write_bytes("f,emotion\n1,Ärger\n2,b\n".encode("latin-1"))
    assert "expected UTF-8 text" in message_of(tmp_path / "a.csv", TABLE)


def test_parquet_columns_of_other_types(tmp_path, frame):
    frame["day"] = pd.Timestamp("2020-01-01")
    frame.to_parquet(tmp_path / "a.parquet")
    text = message_of(tmp_path / "a.parquet", TABLE)
    assert "column 'day' is of type datetime64" in text
    assert "--drop day" in text


def test_parquet_without_pyarrow(tmp_path, frame, monkeypatch):
    frame.to_parquet(tmp_path / "a.parquet")
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    with pytest.raises(MissingExtraError, match=r"read a.parquet.*skmiaug\[parquet\]"):
        read_features(tmp_path / "a.parquet", TABLE)


def _good_bytes(kind):
    frame = pd.DataFrame({"f": [1.0, 2, 3, 4], "emotion": list("aabb"), "speaker": 1})
    buffer = io.BytesIO()
    if kind == ".npz":
        np.savez_compressed(buffer, **GOOD)
    elif kind == ".csv":
        frame.to_csv(buffer, index=False)
    else:
        frame.to_parquet(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", [".npz", ".csv", ".parquet"])
def test_damaged_bytes_never_escape_as_another_error(tmp_path, kind):
    good = _good_bytes(kind)
    path = tmp_path / f"a{kind}"
    options = FileOptions() if kind == ".npz" else TABLE
    path.write_bytes(good)
    assert isinstance(read_features(path, options), Features)
    refused = []

    @settings(max_examples=150)
    @given(
        st.integers(0, len(good)),
        st.lists(st.tuples(st.integers(0, len(good) - 1), st.integers(0, 255)), max_size=4),
    )
    def check(length, changes):
        damaged = bytearray(good)
        for place, value in changes:
            damaged[place] = value
        path.write_bytes(damaged[:length])
        try:
            found = read_features(path, options)
        except FileFormatError as error:
            refused.append(str(error))
        else:
            assert np.isfinite(found.X).all()
            assert len(found.X) == len(found.y)

    check()
    assert refused
    assert not any("\n" in text for text in refused)


@pytest.mark.parametrize(
    ("options", "flag"),
    [(FileOptions(target="y"), "--y-key"), (FileOptions(group="g"), "--group-key")],
)
def test_options_of_tables_lead_to_those_of_arrays(tmp_path, options, flag):
    np.savez(tmp_path / "a.npz", **GOOD)
    assert f"another kind: use {flag} here." in message_of(tmp_path / "a.npz", options)


@pytest.mark.parametrize("prepare", [False, True])
@pytest.mark.parametrize("cells", [[[1.0, 2.0]], [np.ones(3)], [None, [2.0]], [{"a": 1.0}]])
def test_lists_in_cells_are_no_text(tmp_path, frame, cells, prepare):
    frame["vector"] = (cells * 4)[:4]
    frame.to_parquet(tmp_path / "a.parquet")
    for target in ("emotion", None):
        options = FileOptions(target=target, group="speaker", prepare=prepare)
        text = message_of(tmp_path / "a.parquet", options)
        assert "column 'vector' holds " in text
        assert "--drop vector" in text
    options = FileOptions(target="emotion", group="speaker", drop=("vector",))
    assert read_features(tmp_path / "a.parquet", options).X.shape == (4, 2)
    for options in (
        FileOptions(target="vector"),
        FileOptions(target="emotion", group="vector"),
    ):
        assert "'vector' holds " in message_of(tmp_path / "a.parquet", options)


def test_the_remedy_for_lists_in_cells(tmp_path, frame):
    table = frame.assign(vector=[[1.0, 2.0], [3.0, 4.0]] * 2)
    table.to_parquet(tmp_path / "a.parquet")
    text = message_of(tmp_path / "a.parquet", TABLE)
    remedy = text.partition("in pandas: ")[2].partition("), or leave")[0]
    eval(remedy, {"table": table, "pandas": pd}).to_parquet(tmp_path / "b.parquet")
    found = read_features(tmp_path / "b.parquet", TABLE)
    assert found.columns == ["f1", "f2", "vector0", "vector1"]
    assert list(found.X[1]) == [2, 2, 3, 4]
