"""Files of manifests that are damaged or hostile are refused."""

import json
import os
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skmiaug.datasets import Manifest
from skmiaug.datasets.manifest import _file, safe_relative
from skmiaug.exceptions import FileFormatError
from tests.datasets._trees import clip

HEAD = {"format": "skmiaug-manifest", "format_version": 1, "name": "mine"}


@pytest.fixture
def corpus(tmp_path):
    """Two clips on disk and their manifest."""
    paths = [clip(tmp_path / "corpus" / "wav" / f"{name}.wav") for name in "ab"]
    rows = {"id": ["a", "b"], "path": [str(path) for path in paths]}
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
        ("{", "line 2: expected JSON"),
        ("[1]", "line 2: expected a JSON object; got list"),
        ('{"id": "a", "id": "b"}', "a key is there twice"),
        ('{"id": "a", "x": {"y": 1}}', "line 2: expected text, numbers, .* dict under 'x'"),
        ('{"id": "a", "x": [1]}', "list under 'x'"),
        ('{"id": "a", "valence": NaN}', "finite numbers; got nan"),
        ('{"id": "a", "valence": -Infinity}', "finite numbers; got -inf"),
        ('{"id": "a", "\\ud800": 1}', "line 2: expected JSON, .* surrogates"),
        ('{"id": "a", "emotion": "\\ud800"}', "line 2: expected JSON, .* surrogates"),
        ('{"id": "a", "valence": 1e999}', "finite numbers; got inf"),
        ('{"id": "a", "valence": "high"}', "line 2: expected a number under 'valence'"),
        ('{"id": "a", "valence": true}', "line 2: expected a number under 'valence'"),
        ('{"id": "a", "emotion": 3}', "line 2: expected text under 'emotion'; got '3'"),
        ('{"id": "a", "valence": 1' + "0" * 400 + "}", "line 2: .* integer of 401 digits"),
        ('{"id": "a", "start": 2, "end": 1}', "m.jsonl: expected 0 <= start < end"),
        ('{"emotion": "joy"}', "m.jsonl: expected an id .text. in every row"),
        ('{"id": "a", "x": ' + "9" * 5000 + "}", "line 2: expected JSON"),
        (json.dumps({str(k): 1 for k in range(300)}), "at most 256 keys; got 300"),
    ],
    ids=lambda value: value[:30],
)
def test_rows_that_are_none(tmp_path, row, expected):
    assert re.search(expected, refusal(lines(tmp_path, row)))


def test_empty_lines_are_counted(tmp_path):
    path = lines(tmp_path, "", {"id": "a"}, "", {"id": "b", "emotion": 3})
    assert "line 5: expected text under 'emotion'" in refusal(path)


def test_a_mark_of_the_byte_order_is_no_text(tmp_path):
    path = lines(tmp_path, {"id": "a"})
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert list(Manifest.read(path).frame["id"]) == ["a"]
    path.write_bytes(path.read_bytes() + b'\xef\xbb\xbf{"id": "b"}\n')
    assert list(Manifest.read(path).frame["id"]) == ["a", "b"]


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
    assert re.search("line 2: expected JSON.*utf-8", refusal(path))


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
    assert "got a folder" in refusal(tmp_path)
    corpus.write(corpus.root / "m.jsonl")
    os.unlink(corpus.paths()[1])
    text = refusal(corpus.root / "m.jsonl")
    assert "expected 2 audio files; 1 are not there" in text
    assert "b.wav" in text
    assert len(Manifest.read(corpus.root / "m.jsonl", check_files=False)) == 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "m.jsonl")
    assert "got a pipe, socket or device" in refusal(tmp_path / "m.jsonl")


def test_a_file_of_empty_lines_is_refused_before_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr(_file, "MAX_ROWS", 1000)
    path = tmp_path / "m.jsonl"
    path.write_text("\n" * 3000)
    with pytest.raises(FileFormatError, match="at most 1000 rows"):
        Manifest.read(path)
