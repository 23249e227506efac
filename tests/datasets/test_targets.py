"""Votes, attributes and label sets as targets of the loaders."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from skmiaug.datasets import (
    LeaveOneSessionOut,
    load_cmu_mosei,
    load_iemocap,
    load_msp_improv,
    load_msp_podcast,
)
from skmiaug.model_selection import SoftLabelClassifier
from tests.datasets._trees import iemocap, msp_improv, msp_podcast


def by_id(data):
    """The target with the ids of its rows."""
    assert isinstance(data.target, pd.DataFrame)
    assert data.target.index.equals(pd.RangeIndex(len(data.frame)))
    return data.target.set_axis(data.frame["id"])


def test_votes_of_iemocap(tmp_path):
    data = load_iemocap(iemocap(tmp_path), sessions=(1, 2), target="votes")
    votes = by_id(data)
    assert list(votes.columns) == ["anger", "happiness", "neutral", "sadness"]
    # No consensus, so that it has no class: a vote for each of two emotions.
    assert votes.loc["Ses01F_impro01_M001"].tolist() == [0, 0, 1, 1]
    # Excited and happy are one class, and the speaker's own "neutral" does not count.
    assert votes.loc["Ses01F_impro01_M000"].tolist() == [0, 2, 0, 0]
    # Frustration has no class here; anger and frustration are one vote for anger.
    assert votes.loc["Ses01F_impro01_F001"].tolist() == [1, 0, 0, 0]
    assert len(votes) == 14
    assert data.frame["emotion"].isna().sum() == 4
    everything = by_id(load_iemocap(tmp_path, sessions=1, target="votes", labels="all"))
    own = everything.loc["Ses01F_impro01_F001"]
    assert own[own > 0].to_dict() == {"anger": 0.5, "frustration": 1.5}
    assert (everything.sum(axis=1) == 2).all()


def test_votes_agree_with_agreement_where_raters_choose_one_class(tmp_path):
    release = msp_podcast(tmp_path)
    data = load_msp_podcast(release, labels="all", target="votes")
    shares = by_id(data).div(data.target.sum(axis=1).to_numpy(), axis=0)
    classes = load_msp_podcast(release, labels="8class", raters=True)
    for row in classes.frame.itertuples():
        assert shares.loc[row.id, row.emotion] == pytest.approx(row.agreement)


def test_votes_of_msp_podcast(tmp_path):
    data = load_msp_podcast(msp_podcast(tmp_path), target="votes")
    votes = by_id(data)
    # Contempt, other and hidden labels have no votes for any of the four classes.
    assert len(votes) == 5
    assert votes.loc["MSP-PODCAST_0001_0008"].to_dict() == {
        "anger": 0, "happiness": 0, "neutral": 2, "sadness": 0,
    }  # fmt: skip
    assert data.raters["id"].isin(data.frame["id"]).all()
    eight = load_msp_podcast(tmp_path / "MSP-Podcast", labels="8class", target="votes")
    # Nobody voted for disgust, fear and surprise.
    assert list(eight.target.columns)[:2] == ["anger", "contempt"]
    assert eight.target.shape == (6, 5)


def test_votes_of_msp_improv_train_a_classifier(tmp_path):
    data = load_msp_improv(msp_improv(tmp_path), labels="all", target="votes")
    # The turn without agreement was rated, and stays.
    assert len(data.frame) == 5
    assert by_id(data).loc["MSP-IMPROV-S01A-F01-S-MF02"].to_dict() == {
        "anger": 1, "happiness": 0, "neutral": 0, "other": 1, "sadness": 0,
    }  # fmt: skip
    X = np.random.default_rng(0).normal(size=(5, 3))
    model = SoftLabelClassifier(LogisticRegression()).fit(X, data.target)
    assert model.classes_.tolist() == list(data.target.columns)
    folds = list(LeaveOneSessionOut(data).split())
    assert sum(len(test) for _, test in folds) == 5


def test_attributes_are_those_of_all_rows_that_have_them(tmp_path):
    release = msp_podcast(tmp_path)
    data = load_msp_podcast(release, target="attributes")
    assert list(data.target.columns) == ["valence", "activation", "dominance"]
    # Eight rows, "other" and no agreement among them; the hidden labels are missing.
    assert len(data.target) == 8
    assert by_id(data).loc["MSP-PODCAST_0001_0008"].tolist() == [4.0, 2.2, 2.6]
    assert data.raters is None
    improv = load_msp_improv(msp_improv(tmp_path), target="attributes")
    # One turn has no dominance.
    assert len(improv.target) == 4
    assert len(load_iemocap(iemocap(tmp_path), sessions=1, target="attributes").target) == 7


def test_label_sets_of_cmu_mosei(tmp_path):
    pytest.importorskip("h5py", reason="needs the extra mosei")
    from tests.datasets._csd_files import FOLDS, mosei

    folder = mosei(tmp_path)
    data = load_cmu_mosei(folder, folds=FOLDS, target="multilabel")
    labels = by_id(data)
    assert list(labels.columns) == data.intensity_names
    np.testing.assert_array_equal(labels, data.intensities > 0)
    # Two equally strong emotions, and no emotion at all.
    assert labels.loc["12345[0]"].tolist() == [1, 0, 0, 1, 0, 0]
    assert not labels.loc["aaaaaaaaaaa[2]"].any()
    merged = {"happiness": "good", "surprise": "good", "anger": "bad", "disgust": "bad"}
    two = by_id(load_cmu_mosei(folder, folds=FOLDS, target="multilabel", labels=merged))
    assert list(two.columns) == ["bad", "good"]
    np.testing.assert_array_equal(two["good"], labels["happiness"] | labels["surprise"])
    attributes = load_cmu_mosei(folder, folds=FOLDS, target="attributes")
    assert list(attributes.target.columns) == [*data.intensity_names, "sentiment"]
    np.testing.assert_array_equal(attributes.target["sentiment"], data.frame["sentiment"])
    with pytest.raises(ValueError, match="expected labels with some of happiness"):
        load_cmu_mosei(folder, folds=FOLDS, target="multilabel", labels={"boredom": "b"})


@pytest.mark.parametrize("load", [load_iemocap, load_msp_improv, load_msp_podcast])
def test_targets_are_checked_before_anything_is_read(load, tmp_path):
    with pytest.raises(ValueError, match=r"target must be one of .*; got 'vote'"):
        load(tmp_path / "nothing", target="vote")
    with pytest.raises(ValueError, match=r"with target='votes' leave it out"):
        load(tmp_path / "nothing", target="votes", min_agreement=0.5)
    with pytest.raises(ValueError, match=r"\('class', 'multilabel', 'attributes'\)"):
        load_cmu_mosei(tmp_path / "nothing", target="votes")
