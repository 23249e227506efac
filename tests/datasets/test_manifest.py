"""Manifests: what is written is read again, and what is hostile is refused."""

import json
import os
import string

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skmiaug.datasets import Manifest
from skmiaug.datasets._columns import COLUMNS, NUMBERS
from skmiaug.datasets._jsonl import flat_line
from skmiaug.exceptions import FileFormatError
from tests.datasets._trees import clip

HEAD = {"format": "skmiaug-manifest", "format_version": 1, "name": "mine"}


@pytest.fixture
def corpus(tmp_path):
    """Two clips on disk and their manifest."""
    paths = [clip(tmp_path / "corpus" / "wav" / f"{name}.wav") for name in "ab"]
    rows = {
        "id": ["a", "b"],
        "path": [str(path) for path in paths],
        "emotion": ["joy", "anger"],
        "valence": [1.5, np.nan],
        "speaker": ["x", None],
        "take": [1, 2],
    }
    return Manifest.from_columns(rows, name="mine", root=tmp_path / "corpus")


def lines(tmp_path, *rows, head=HEAD):
    path = tmp_path / "m.jsonl"
    text = [row if isinstance(row, str) else json.dumps(row) for row in (head, *rows)]
    path.write_text("\n".join(text) + "\n")
    return path


def refusal(path, **options):
    with pytest.raises(FileFormatError) as caught:
        Manifest.read(path, **options)
    return str(caught.value)


# ---- what is written is read again


def test_round_trip(corpus, tmp_path):
    path = corpus.root / "manifest.jsonl"
    corpus.write(path)
    again = Manifest.read(path)
    assert again.name == "mine"
    pd.testing.assert_frame_equal(again.frame, corpus.frame)
    assert again.classes == ["anger", "joy"]
    # Paths are relative in the file, so that folder and manifest can move.
    first = json.loads(path.read_text().splitlines()[1])
    assert first["path"] == "wav/a.wav"
    corpus.write(tmp_path / "elsewhere.jsonl")
    assert Manifest.read(tmp_path / "elsewhere.jsonl", root=corpus.root).paths() == list(
        corpus.frame["path"]
    )


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
FINITE = st.one_of(st.just(np.nan), st.floats(allow_nan=False, allow_infinity=False))


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
    max_examples=40,
)
@given(st.data())
def test_any_text_and_number_survives(tmp_path, data):
    n = data.draw(st.integers(1, 4))
    columns = {"id": [f"row {k}" for k in range(n)]}
    for name in COLUMNS:
        if name in ("id", "path", "start", "end"):
            continue
        values = FINITE if name in NUMBERS else st.one_of(st.none(), TEXT)
        columns[name] = data.draw(st.lists(values, min_size=n, max_size=n))
    columns["extra"] = data.draw(
        st.lists(st.integers(-(2**53), 2**53), min_size=n, max_size=n)
    )
    made = Manifest.from_columns(columns, name=data.draw(TEXT))
    made.write(tmp_path / "m.jsonl")
    again = Manifest.read(tmp_path / "m.jsonl")
    assert again.name == made.name
    pd.testing.assert_frame_equal(again.frame, made.frame)


def test_counts(corpus):
    assert corpus.counts() == {
        "rows": 2,
        "speakers": 1,
        "emotion": {"anger": 1, "joy": 1},
        "session": {},
        "split": {},
    }
    assert repr(corpus) == "Manifest('mine', 2 rows, classes ['anger', 'joy'])"


def test_nothing_is_half_written(corpus, tmp_path, monkeypatch):
    path = tmp_path / "m.jsonl"
    path.write_text("the old one")

    def broken(*args):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", broken)
    with pytest.raises(OSError, match="disk full"):
        corpus.write(path)
    assert path.read_text() == "the old one"
    assert not list(tmp_path.glob(".m.jsonl*"))


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({"tags": [None, ["x"]]}, r"the row of 'b': .* column 'tags'; got list .\['x'\]"),
        ({"tags": [{"x": 1}, None]}, "mine, the row of 'a': .* column 'tags'; got dict"),
        ({"when": pd.to_datetime(["2020-01-01", None])}, "'when'; got Timestamp"),
        ({"noise": [1.0, np.inf]}, "the row of 'b': .* finite .* 'noise'; got inf"),
        ({"transcript": ["\udce9", None]}, "Unicode text in the column 'transcript'"),
        ({"path": ["\udce9.wav", None]}, "Unicode text in the column 'path'"),
        ({"transcript": [None, "é" * 2**19]}, "'b': .* 1048576 bytes; .* 'transcript'"),
        ({"count": [1, 10**5000]}, "at most 4000 digits in the column 'count'"),
        ({0: [1, 2], "0": [3, 4]}, "expected columns of different names; got 0, 0"),
        ({f"x{k}": [1, 2] for k in range(300)}, "'a': expected at most 256 columns"),
    ],
)
def test_what_cannot_be_read_again_is_not_written(tmp_path, columns, text):
    rows = {"id": ["a", "b"]} | columns
    with pytest.raises(FileFormatError, match=text):
        Manifest.from_columns(rows, name="mine", root=tmp_path).write(tmp_path / "m.jsonl")
    assert not list(tmp_path.iterdir())


def test_names_of_columns_are_unicode_too():
    # From a table of an older pandas; a newer one refuses them itself.
    with pytest.raises(FileFormatError, match=r"here: .* in the column '\\udce9'"):
        flat_line({"\udce9": 1}, "here")


def test_what_was_changed_afterwards_is_looked_at_again(tmp_path):
    made = Manifest.from_columns({"id": ["a"]})
    made.name = 3
    with pytest.raises(FileFormatError, match="expected a name as text; got 3"):
        made.write(tmp_path / "m.jsonl")
    made.name = ""
    made.frame["emotion"] = [""]
    with pytest.raises(FileFormatError, match=r"text that is not empty.*'emotion'"):
        made.write(tmp_path / "m.jsonl")
    assert not list(tmp_path.iterdir())


def test_a_long_row_that_just_fits(tmp_path):
    for length, fits in ((2**20 - 30, True), (2**20 - 29, False)):
        made = Manifest.from_columns({"id": ["a"], "transcript": ["x" * length]})
        if fits:
            made.write(tmp_path / "m.jsonl")
            assert Manifest.read(tmp_path / "m.jsonl").frame.equals(made.frame)
        else:
            with pytest.raises(FileFormatError, match="of at most 1048576 bytes"):
                made.write(tmp_path / "m.jsonl")


def test_a_path_outside_the_root_is_not_written(corpus, tmp_path):
    stray = Manifest(corpus.frame, root=tmp_path / "corpus" / "other")
    with pytest.raises(FileFormatError, match="a path inside the corpus folder"):
        stray.write(tmp_path / "m.jsonl")
    with pytest.raises(FileFormatError, match="expected a root folder"):
        Manifest(corpus.frame).write(tmp_path / "m.jsonl")


# ---- tables that are no manifests


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"id": ["a", "a"]}, "every id once; a stand there more than once"),
        ({"id": ["a", ""]}, "an id .text. in every row; row 1"),
        ({"start": [0.0, np.nan], "end": [1.0, 2.0]}, "0 <= start < end .* 'b'"),
        (
            {"start": [1.0, np.nan], "end": [1.0, np.nan]},
            "row of 'a' has start 1 and end 1",
        ),
        ({"valence": [np.inf, 0.0]}, "a finite number or NaN in the column 'valence'"),
        ({"emotion": ["joy", ""]}, "text that is not empty.*'emotion'; the row of 'b'"),
    ],
)
def test_tables_that_are_none(change, text):
    columns = {"id": ["a", "b"]} | change
    with pytest.raises(FileFormatError, match=text):
        Manifest.from_columns(columns)


def test_columns_that_are_missing():
    with pytest.raises(FileFormatError, match="missing are path, start"):
        Manifest(pd.DataFrame({"id": ["a"]}))
    frame = Manifest.from_columns({"id": ["a"]}).frame
    with pytest.raises(FileFormatError, match="'speaker'; the row of 'a' has 3"):
        Manifest(frame.assign(speaker=[3]))


def test_every_column_goes_by_its_place():
    table = pd.DataFrame(
        {"id": list("abcd"), "speaker": list("wxyz"), "valence": [1.0, 2.0, 3.0, 4.0]}
    ).assign(age=[10, 20, 30, 40], tone=pd.Categorical([1, 2, 1, 2]))
    for part in (table.sample(frac=1, random_state=0), table[table["age"] > 20]):
        for columns in (part, dict(part.items())):
            frame = Manifest.from_columns(columns).frame
            assert list(frame.index) == list(range(len(part)))
            for name in part.columns:
                assert list(frame[name]) == list(part[name])


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({"path": ["a"]}, "mine: expected the column 'id'.*; got path"),
        ({}, "expected the column 'id'.*; got no column"),
        ({"id": ["a", "b"], "path": ["a"]}, "in the column 'path' .* ids, 2; got 1"),
        ({"id": ["a"], "age": [1, 2]}, "in the column 'age' .* ids, 1; got 2"),
        ({"id": ["a"], "speaker": "x"}, "one value for each row in the column 'speaker'"),
        ({"id": ["a"], "age": 3}, "one value for each row in the column 'age'; got int"),
        ({"id": ["a"], "x": np.zeros((1, 2))}, r"'x'; got ndarray of shape \(1, 2\)"),
        ({"id": ["a", "b"], "start": [0, "b"]}, "number or NaN .* 'start'; row 1 .*'b'"),
        ({"id": ["a"], "valence": [10**5000]}, "'valence'; row 0 .* has too large an int"),
    ],
)
def test_columns_that_make_no_table(columns, text):
    with pytest.raises(FileFormatError, match=text):
        Manifest.from_columns(columns, name="mine")


def test_missing_numbers_of_every_kind():
    for values in ([1, None], [1, pd.NA], pd.array([1, None], dtype="Int64"), ["1", "nan"]):
        made = Manifest.from_columns({"id": ["a", "b"], "valence": values})
        np.testing.assert_array_equal(made.frame["valence"], [1, np.nan])


# ---- files that are no manifests, or hostile


@pytest.mark.parametrize(
    "path",
    [
        "../secret.wav",
        "wav/../../secret.wav",
        "/etc/passwd",
        "C:/Windows/x.wav",
        "..\\secret.wav",
        "wav/a\u0000.wav",
        "wav/a\n.wav",
        "",
        "~root/../../x.wav",
    ],
)
def test_paths_that_leave_the_folder(tmp_path, path):
    text = refusal(lines(tmp_path, {"id": "a", "path": path}), check_files=False)
    assert "expected a path inside the corpus folder" in text


@given(st.text(alphabet="./\\ab:~" + string.whitespace, min_size=1, max_size=12))
def test_no_text_leads_out(text):
    from skmiaug.datasets._files import safe_relative

    try:
        found = safe_relative(text, "here")
    except FileFormatError:
        return
    assert os.path.normpath(os.path.join("/root/corpus", found)).startswith("/root/corpus")


def test_symbolic_links_that_leave_the_folder(tmp_path):
    (tmp_path / "secret.wav").write_bytes(b"x")
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.wav").symlink_to(tmp_path / "secret.wav")
    (tmp_path / "corpus" / "deep").symlink_to(tmp_path)
    for path in ("a.wav", "deep/secret.wav"):
        manifest = lines(tmp_path / "corpus", {"id": "a", "path": path})
        assert "symbolic link that leads out" in refusal(manifest)
        assert len(Manifest.read(manifest, allow_links=True)) == 1


def test_a_linked_corpus_folder_is_fine(corpus, tmp_path):
    corpus.write(corpus.root / "m.jsonl")
    (tmp_path / "link").symlink_to(corpus.root)
    assert len(Manifest.read(tmp_path / "link" / "m.jsonl")) == 2


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("{", "line 2: expected a JSON object"),
        ("[1]", "line 2: expected a JSON object; got list"),
        ('{"id": "a", "id": "b"}', "a key stands there twice"),
        ('{"id": "a", "x": {"y": 1}}', "line 2: expected text, numbers, .* dict under 'x'"),
        ('{"id": "a", "x": [1]}', "list under 'x'"),
        ('{"id": "a", "valence": NaN}', "NaN is no JSON number"),
        ('{"id": "a", "valence": -Infinity}', "-Infinity is no JSON number"),
        ('{"id": "a", "valence": 1e999}', "finite numbers; got inf"),
        ('{"id": "a", "valence": "high"}', "line 2: expected a number under 'valence'"),
        ('{"id": "a", "valence": true}', "line 2: expected a number under 'valence'"),
        ('{"id": "a", "emotion": 3}', "line 2: expected text under 'emotion'; got '3'"),
        ('{"id": "a", "valence": 1' + "0" * 400 + "}", "line 2: .* integer of 401 digits"),
        ('{"id": "a", "start": 2, "end": 1}', "m.jsonl: expected 0 <= start < end"),
        ('{"emotion": "joy"}', "m.jsonl: expected an id .text. in every row"),
        ('{"id": "a", "x": ' + "9" * 5000 + "}", "line 2: expected a JSON object"),
        (json.dumps({str(k): 1 for k in range(300)}), "at most 256 keys; got 300"),
    ],
    ids=lambda value: value[:30],
)
def test_rows_that_are_none(tmp_path, row, expected):
    import re

    assert re.search(expected, refusal(lines(tmp_path, row)))


def test_empty_lines_are_counted(tmp_path):
    path = lines(tmp_path, "", {"id": "a"}, "", {"id": "b", "emotion": 3})
    assert "line 5: expected text under 'emotion'" in refusal(path)


def test_a_mark_of_the_byte_order_is_no_text(tmp_path):
    path = lines(tmp_path, {"id": "a"})
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert list(Manifest.read(path).frame["id"]) == ["a"]
    path.write_bytes(path.read_bytes() + b'\xef\xbb\xbf{"id": "b"}\n')
    assert "line 3: expected a JSON object" in refusal(path)


@pytest.mark.parametrize("depth", [1000, 100_000])
def test_deep_json(tmp_path, depth):
    row = '{"id": "a", "x": ' + "[" * depth + "]" * depth + "}"
    text = refusal(lines(tmp_path, row))
    assert "line 2: expected" in text


def test_huge_lines_are_not_read_whole(tmp_path):
    path = lines(tmp_path)
    with path.open("a") as file:
        file.write('{"id": "a", "transcript": "' + "x" * 2**21)
    assert "line 2: expected a line of at most 1048576 bytes" in refusal(path)


def test_not_utf_8(tmp_path):
    path = lines(tmp_path)
    path.write_bytes(path.read_bytes() + b'{"id": "\xff"}\n')
    assert "line 2: expected a JSON object" in refusal(path)


def test_wrong_heads(tmp_path):
    assert "expected a first line" in refusal(lines(tmp_path, head={"id": "a"}))
    later = HEAD | {"format_version": 2}
    assert "expected format_version 1; got 2" in refusal(lines(tmp_path, head=later))
    cut = HEAD | {"rows": 3}
    assert "the file is cut short" in refusal(lines(tmp_path, {"id": "a"}, head=cut))
    named = HEAD | {"name": 3}
    assert "expected a name as text" in refusal(lines(tmp_path, head=named))
    (tmp_path / "empty.jsonl").write_text("")
    assert "expected a first line" in refusal(tmp_path / "empty.jsonl")


def test_files_that_are_not_there(tmp_path, corpus):
    assert "no such file" in refusal(tmp_path / "none.jsonl")
    assert "no regular file" in refusal(tmp_path)
    corpus.write(corpus.root / "m.jsonl")
    os.unlink(corpus.paths()[1])
    text = refusal(corpus.root / "m.jsonl")
    assert "expected 2 audio files; 1 are not there" in text
    assert "b.wav" in text
    assert len(Manifest.read(corpus.root / "m.jsonl", check_files=False)) == 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "m.jsonl")
    assert "no regular file" in refusal(tmp_path / "m.jsonl")
