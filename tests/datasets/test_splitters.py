"""Protocols as splitters, with scikit-learn as their client."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    LeaveOneGroupOut,
    cross_val_predict,
    cross_val_score,
)

from skmiaug.datasets import (
    LeaveOneSessionOut,
    LeaveOneSpeakerOut,
    Manifest,
    OfficialSplit,
    check_disjoint,
)
from skmiaug.exceptions import LeakageError


def manifest(n=12, **columns):
    rows = {
        "id": [f"u{k}" for k in range(n)],
        "session": [str(k % 3) for k in range(n)],
        "speaker": [f"s{k % 6}" for k in range(n)],
        "emotion": ["anger", "joy"] * (n // 2),
        "split": (["train"] * n)[: n - 4] + ["dev", "test1", "test2", None],
    }
    return Manifest.from_columns(rows | columns)


@pytest.mark.parametrize(
    ("kind", "column"), [(LeaveOneSessionOut, "session"), (LeaveOneSpeakerOut, "speaker")]
)
def test_they_are_leave_one_group_out(kind, column):
    made = manifest()
    found = list(kind(made).split())
    expected = list(
        LeaveOneGroupOut().split(made.frame, groups=made.frame[column].to_numpy(dtype=str))
    )
    assert kind(made).get_n_splits() == len(expected)
    for (train, test), (known_train, known_test) in zip(found, expected, strict=True):
        np.testing.assert_array_equal(train, known_train)
        np.testing.assert_array_equal(test, known_test)
    check_disjoint(made, kind(made), columns=("speaker",))


def test_official_parts():
    made = manifest()
    cv = OfficialSplit(made, disjoint=())
    ((train, test),) = cv.split()
    assert (train.tolist(), test.tolist()) == (list(range(8)), [9])
    both = OfficialSplit(made, train=("train", "dev"), test=("test1", "test2"), disjoint=())
    assert [(len(a), b.tolist()) for a, b in both.split()] == [(9, [9]), (9, [10])]
    # "test" where there is one.
    plain = manifest(split=["train"] * 10 + ["test"] * 2, speaker=[None] * 12)
    assert next(iter(OfficialSplit(plain).split()))[1].tolist() == [10, 11]
    with pytest.raises(ValueError, match=r"rows of the part 'test9'; .* dev, test1, test2"):
        list(OfficialSplit(made, test="test9").split())


@pytest.mark.parametrize(
    ("train", "test"),
    [(("train", "dev"), "dev"), ("test1", None), ("dev", ("test1", "dev"))],
)
def test_no_part_is_trained_and_tested_on(train, test):
    cv = OfficialSplit(manifest(), train=train, test=test, disjoint=())
    with pytest.raises(LeakageError, match="would be both: train is"):
        list(cv.split())
    with pytest.raises(LeakageError, match="would be both: train is"):
        cv.get_n_splits()


def test_sessions_are_in_the_order_of_their_numbers():
    names = ["10", "2", "1", "0", "11", "take 9", "take 10", "02"]
    made = Manifest.from_columns({"id": [f"u{k}" for k in range(8)], "session": names})
    found = [names[test[0]] for _, test in LeaveOneSessionOut(made).split()]
    assert found == ["0", "1", "02", "2", "10", "11", "take 9", "take 10"]
    assert list(made.counts()["session"]) == found


def test_they_serve_scikit_learn():
    made = manifest(60)
    X = np.random.default_rng(0).normal(size=(60, 4))
    y = made.frame["emotion"].to_numpy()
    cv = LeaveOneSpeakerOut(made)
    assert len(cross_val_score(LogisticRegression(), X, y, cv=cv)) == 6
    assert len(cross_val_predict(LogisticRegression(), X, y, cv=cv)) == 60
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1]}, cv=cv).fit(X, y)
    assert search.n_splits_ == 6
    again = pickle.loads(pickle.dumps(cv))
    assert repr(copy.copy(again)) == "LeaveOneSpeakerOut(60 rows)"


def test_rows_that_are_not_the_manifests():
    with pytest.raises(ValueError, match=r"expected the 12 rows of the manifest.*got 11"):
        list(LeaveOneSessionOut(manifest()).split(np.zeros((11, 2))))
    with pytest.raises(TypeError, match="expected a Manifest, the Bunch"):
        LeaveOneSessionOut([1, 2])


def test_columns_that_do_not_do():
    with pytest.raises(ValueError, match=r"a session in every row; 1 rows have none.*'u0'"):
        list(LeaveOneSessionOut(manifest(session=[None] + ["1"] * 11)).split())
    with pytest.raises(ValueError, match="needs at least two; all rows are of 1"):
        list(LeaveOneSessionOut(manifest(session=["1"] * 12)).split())


def test_one_column_may_be_a_name_alone():
    made = manifest(dialog=[f"d{k // 6}" for k in range(12)])
    assert LeaveOneSpeakerOut(made, disjoint="speaker").get_n_splits() == 6
    check_disjoint(made, LeaveOneSpeakerOut(made, disjoint="speaker"), columns="speaker")
    with pytest.raises(LeakageError, match="no dialog"):
        list(LeaveOneSpeakerOut(made, disjoint="dialog").split())


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        (LeaveOneSessionOut, "session"),
        (LeaveOneSpeakerOut, "speaker"),
        (OfficialSplit, "split"),
    ],
)
def test_columns_that_are_not_there(kind, column):
    with pytest.raises(ValueError, match=r"it has no speakr\. It has id, path"):
        kind(manifest(), disjoint=["speakr"])
    table = manifest().frame
    with pytest.raises(ValueError, match=f"it has no {column}"):
        kind(table.drop(columns=column), disjoint=())
    bare = table[[column]]
    with pytest.raises(ValueError, match=r"it has no .*dialog"):
        kind(bare)
    if column == "session":
        bare = bare.assign(session=[1, 2] * 5 + [None, 2])
        with pytest.raises(ValueError, match="the first of them 10"):
            list(kind(bare, disjoint=()).split())


def test_a_dialog_on_both_sides_is_refused():
    # Two speakers of a dialog: leaving one of them out leaves the other in.
    made = manifest(dialog=[f"d{k // 6}" for k in range(12)])
    with pytest.raises(LeakageError, match=r"fold 0: expected no dialog .*; 2 are: d0, d1"):
        list(LeaveOneSpeakerOut(made).split())
    assert len(list(LeaveOneSpeakerOut(made, disjoint=("speaker",)).split())) == 6


# ---- check_disjoint


def test_leaks_are_found():
    made = manifest(sentence=["a"] * 12)
    with pytest.raises(LeakageError, match="no speaker in both"):
        check_disjoint(made, KFold(3))
    with pytest.raises(LeakageError, match=r"no sentence in both .* 1 are: a"):
        check_disjoint(made, LeaveOneSpeakerOut(made))
    with pytest.raises(LeakageError, match="fold 0: 1 rows are in both"):
        check_disjoint(made, [([0, 1], [1, 2])])
    with pytest.raises(ValueError, match="it has no colour"):
        check_disjoint(made, KFold(3), columns=("colour",))


def test_folds_may_be_masks():
    made = manifest()
    first = np.arange(12) < 6
    check_disjoint(made, [(first, ~first)], columns=())
    with pytest.raises(LeakageError, match="fold 0: 6 rows are in both"):
        check_disjoint(made, [(first, first)])
    with pytest.raises(ValueError, match=r"mask of shape \(3,\); expected one .* 12 rows"):
        check_disjoint(made, [(first[:3], ~first)])


def test_unknown_speakers_prove_nothing():
    made = manifest(speaker=[None] * 12)
    check_disjoint(made, KFold(3))
    check_disjoint(made.frame, [([0], [1])])


@given(st.lists(st.sampled_from(["x", "y", "z", None]), min_size=4, max_size=10), st.data())
def test_against_a_plain_loop(speakers, data):
    n = len(speakers)
    made = Manifest.from_columns({"id": [str(k) for k in range(n)], "speaker": speakers})
    test = data.draw(st.sets(st.integers(0, n - 1), min_size=1, max_size=n - 1))
    train = [k for k in range(n) if k not in test]
    leaks = any(
        speakers[a] is not None and speakers[a] == speakers[b] for a in train for b in test
    )
    if leaks:
        with pytest.raises(LeakageError):
            check_disjoint(made, [(train, sorted(test))])
    else:
        check_disjoint(made, [(train, sorted(test))])
