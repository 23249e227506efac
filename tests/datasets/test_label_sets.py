"""What `labels` and `min_agreement` may be, for every corpus."""

import pytest

from skmiaug import datasets
from skmiaug.datasets.corpora import EMOTIONS
from tests.datasets import _trees

TREES = {
    "emodb": _trees.emodb,
    "iemocap": _trees.iemocap,
    "msp_improv": _trees.msp_improv,
    "msp_podcast": _trees.msp_podcast,
    "nemo": _trees.nemo,
}
LOADERS = {name: getattr(datasets, f"load_{name}") for name in TREES}


@pytest.fixture(params=TREES)
def load(request, tmp_path):
    """A loader with a folder to load."""
    tree = TREES[request.param](tmp_path)
    folder = tree if tree is not None else next(tmp_path.iterdir())
    options = {"sessions": 1} if request.param == "iemocap" else {}
    return lambda **more: LOADERS[request.param](folder, **options, **more)


def test_labels(load):
    every = load(labels="all").frame["emotion"].dropna()
    assert set(every) <= EMOTIONS
    mapping = {"anger": 1, "boredom": "calm", "sadness": "calm", "neutral": None}
    frame = load(labels=mapping).frame
    assert list(frame["emotion"]) == [
        str(mapping[name]) for name in every if mapping.get(name) is not None
    ]


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        ({"angry": "anger", "neutral": "neutral"}, "keys among anger, .*; got 'angry'"),
        ({None: "rest"}, "keys among anger, .*; got None"),
        ({}, "got an empty one"),
        ("3class", r"'4class'.*, 'all' or a mapping .* got '3class'"),
        (["anger", "neutral"], r"a mapping .* got \['anger', 'neutral'\]"),
        (3, "a mapping .* got 3"),
        (None, "a mapping .* got None"),
    ],
)
@pytest.mark.parametrize("name", LOADERS)
def test_labels_that_are_none(name, labels, text):
    with pytest.raises(ValueError, match=text):
        LOADERS[name]("nowhere", labels=labels)


@pytest.mark.parametrize("share", ["x", 0, 1.5, float("nan"), [0.5]])
@pytest.mark.parametrize("name", ["iemocap", "msp_improv", "msp_podcast"])
def test_agreement_that_is_no_share(name, share):
    with pytest.raises(ValueError, match="min_agreement must be a share"):
        LOADERS[name]("nowhere", min_agreement=share)
