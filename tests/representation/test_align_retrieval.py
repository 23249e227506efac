"""Recall at k against sorting, and what ties and chance give."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skmiaug.representation.alignment import _space, recall_at
from tests.representation._pairs import pairs, small, without_text


def slow_recall(queries, candidates, k):
    """Sort the candidates of each query, and look for its own among the first k."""
    hits = []
    for i, query in enumerate(queries):
        cosines = [
            query @ c / np.linalg.norm(query) / np.linalg.norm(c) for c in candidates
        ]
        hits.append(i in np.argsort(cosines)[::-1][:k])
    return np.mean(hits)


@given(st.integers(1, 30), st.integers(1, 5), st.integers(0, 1000))
def test_without_ties_it_is_what_sorting_gives(n, k, seed):
    queries, candidates = np.random.default_rng(seed).normal(size=(2, n, 3))
    assert recall_at(queries, candidates, [k])[k] == pytest.approx(
        slow_recall(queries, candidates, k)
    )


def test_pairs_that_are_equal_are_always_found():
    rows = np.random.default_rng(0).normal(size=(50, 4))
    assert recall_at(rows, 3.0 * rows, (1, 5)) == {1: 1.0, 5: 1.0}


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_equal_codes_give_chance_and_not_luck(value):
    rows = np.full((40, 3), value)
    recall = recall_at(rows, rows, (1, 10, 40, 100))
    assert recall == pytest.approx({1: 1 / 40, 10: 10 / 40, 40: 1.0, 100: 1.0})


def test_texts_that_occur_several_times_share_their_place():
    texts = np.repeat(np.eye(4), 5, axis=0)
    recall = recall_at(texts, texts, (1, 5, 6))
    assert recall == pytest.approx({1: 1 / 5, 5: 1.0, 6: 1.0})


def test_chunks_do_not_change_it(monkeypatch):
    queries, candidates = np.random.default_rng(0).normal(size=(2, 50, 3))
    whole = recall_at(queries, candidates, (1, 5))
    monkeypatch.setattr(_space, "_CHUNK_CELLS", 7 * 50)
    assert recall_at(queries, candidates, (1, 5)) == pytest.approx(whole)


def test_memory_does_not_grow_with_the_rows():
    rows = np.random.default_rng(0).normal(size=(10_000, 2))
    tracemalloc.start()
    try:
        recall_at(rows, rows, (1,))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 150e6


# ---------------------------------------------------------------- the estimator's method


def test_missing_text_is_left_out_of_the_score():
    aligner = small().fit(*pairs())
    X, _ = pairs(60, seed=1)
    half = aligner.score_retrieval(without_text(X, slice(30, 60)))
    assert half == aligner.score_retrieval(X[:30])
    with pytest.raises(ValueError, match="No row of X has both 'audio' and 'text'"):
        aligner.score_retrieval(without_text(X, slice(None)))


def test_one_modality_has_nothing_to_retrieve():
    aligner = small(modalities=None).fit(*pairs())
    with pytest.raises(ValueError, match="needs two modalities"):
        aligner.score_retrieval(pairs()[0])


@pytest.mark.parametrize("k", [[], [0], [1.5], [-1], ["1"], 5, None, "5"])
def test_k_must_be_whole_numbers(k):
    aligner = small(max_iter=1).fit(*pairs())
    with pytest.raises(ValueError, match="whole numbers above 0"):
        aligner.score_retrieval(pairs()[0], k=k)


def test_k_may_be_an_array():
    aligner = small(max_iter=1).fit(*pairs())
    assert aligner.score_retrieval(pairs()[0], k=np.array([1, 5])) == (
        aligner.score_retrieval(pairs()[0], k=(1, 5))
    )
