"""Label files that never end, or that hold control characters, do no harm."""

import os

import pytest

from skmiaug import datasets
from skmiaug.exceptions import FileFormatError
from tests.datasets import _trees

FILES = [
    ("iemocap", "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt", {"sessions": 1}),
    ("msp_improv", "Evalution.txt", {}),
    ("msp_podcast", "Labels/labels_consensus.csv", {}),
    ("msp_podcast", "Labels/labels_detailed.csv", {"raters": True}),
    ("msp_podcast", "Partitions.txt", {}),
    ("nemo", "data.tsv", {}),
]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
@pytest.mark.parametrize(("corpus", "name", "options"), FILES)
def test_a_pipe_in_the_place_of_a_label_file_is_not_waited_for(
    tmp_path, corpus, name, options
):
    getattr(_trees, corpus)(tmp_path)
    (file,) = tmp_path.rglob(name)
    folder = file.parents[len(name.split("/")) - 1]
    file.unlink()
    os.mkfifo(file)
    load = getattr(datasets, f"load_{corpus}")
    with pytest.raises(FileFormatError, match="got a pipe, socket or device"):
        load(folder, labels="all", **options)
    file.unlink()
    file.symlink_to("not fetched")
    with pytest.raises(FileFormatError, match=r"no such file|it is not there"):
        load(folder, labels="all", **options)


@pytest.mark.parametrize("name", ["\x1b[31mred\x1b[0m", "\u202ejoy"])
def test_labels_from_files_do_not_control_the_terminal(tmp_path, name):
    release = _trees.msp_podcast(tmp_path)
    file = release / "Labels" / "labels_consensus.csv"
    file.write_text(file.read_text().replace(".wav,N,", f".wav,{name},", 1))
    with pytest.raises(FileFormatError) as caught:
        datasets.load_msp_podcast(release)
    assert name[0] not in str(caught.value)
