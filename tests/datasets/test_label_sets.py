"""What `labels` and `min_agreement` may be, for every corpus."""

import pytest

from skmiaug.datasets.corpora import (
    _cmu_mosei,
    _emodb,
    _iemocap,
    _msp_improv,
    _msp_podcast,
    _nemo,
)
from skmiaug.datasets.corpora._labels import EMOTIONS, check_min_agreement, resolve_labels

KNOWN = {"2class": {"anger": "anger", "neutral": "neutral"}}


def test_every_emotion_of_a_corpus_has_its_name_in_the_list():
    for corpus in (_emodb, _iemocap, _msp_improv, _msp_podcast, _nemo):
        assert set(filter(None, corpus.CODES.values())) <= EMOTIONS
    assert {"none", *_cmu_mosei.INTENSITIES} <= EMOTIONS


def test_labels():
    assert resolve_labels("all", KNOWN, "X") is None
    assert resolve_labels("2class", KNOWN, "X") == KNOWN["2class"]
    mapping = {"anger": 1, "boredom": "calm", "neutral": None}
    assert resolve_labels(mapping, KNOWN, "X") == {"anger": "1", "boredom": "calm"}


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        ({"angry": "anger", "neutral": "neutral"}, "keys among anger, .*; got 'angry'"),
        ({None: "rest"}, "keys among anger, .*; got None"),
        ({}, "got an empty one"),
        ("3class", "'2class', 'all' or a mapping .* got '3class'"),
        (["anger", "neutral"], r"a mapping .* got \['anger', 'neutral'\]"),
        (3, "a mapping .* got 3"),
        (None, "a mapping .* got None"),
    ],
)
def test_labels_that_are_none(labels, text):
    with pytest.raises(ValueError, match=f"X: .*{text}"):
        resolve_labels(labels, KNOWN, "X")


@pytest.mark.parametrize("share", ["x", 0, 1.5, float("nan"), [0.5]])
def test_agreement_that_is_no_share(share):
    with pytest.raises(ValueError, match="min_agreement must be a share"):
        check_min_agreement(share)
