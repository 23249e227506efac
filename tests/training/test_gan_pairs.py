"""Information between groups of columns, in blocks, and what it is worth."""

import math

import pytest
import torch
from torch.nn.functional import one_hot

from skmiaug.losses import gaussian_code_information, info_nce_information
from skmiaug.nn import ContrastiveHeads, GaussianHead
from skmiaug.training.gan import (
    Layout,
    Rows,
    excess,
    less_margin,
    pair_information,
    read_pairs,
)

LAYOUT = Layout((4, 3, 2), 3)
CLASSES = torch.arange(40) % 2


@pytest.fixture
def rows():
    values = torch.randn(40, 9, generator=torch.Generator().manual_seed(0))
    return Rows(values, one_hot(CLASSES, 2).float(), torch.arange(40) // 2 % 11)


@pytest.fixture
def heads():
    torch.manual_seed(0)
    return ContrastiveHeads(LAYOUT.sizes, 2)


def slow_information(scores, classes, ids) -> float:
    """InfoNCE row by row, with the candidates spelled out."""
    n, total = len(scores), 0.0
    for i in range(n):
        candidates = [
            j for j in range(n) if j == i or (classes[j] == classes[i] and ids[j] != ids[i])
        ]
        for direction in (scores[i], scores[:, i]):
            chosen = torch.stack([direction[j] for j in candidates])
            log_q = scores[i, i] - torch.logsumexp(chosen, dim=0)
            total += 0.5 * float(log_q) + 0.5 * math.log(len(candidates))
    return total / n


def test_information_of_blocks_is_that_of_the_slow_twin(rows, heads):
    found = pair_information(heads, rows, LAYOUT, 3)
    assert found.shape == (3, 3)
    with torch.no_grad():
        for block in range(3):
            values, targets, ids = (t[13 * block : 13 * block + 13] for t in rows)
            codes = heads(values.split(LAYOUT.sizes, dim=1), targets)
            for pair, (i, j) in enumerate([(0, 1), (0, 2), (1, 2)]):
                scores = heads.scores(codes[i], codes[j])
                expected = slow_information(scores, targets.argmax(dim=1), ids)
                assert float(found[block, pair]) == pytest.approx(expected, abs=1e-4)


def test_with_all_pairs_as_candidates_it_is_info_nce():
    scores = torch.randn(2, 6, 6, generator=torch.Generator().manual_seed(1))
    found = info_nce_information(scores)
    expected = torch.stack([info_nce_information(block) for block in scores])
    torch.testing.assert_close(found, expected)


def test_rows_that_share_a_part_are_not_told_apart(rows, heads):
    shared = rows._replace(ids=torch.zeros(40, dtype=torch.long))
    found = pair_information(heads, shared, LAYOUT, 2)
    torch.testing.assert_close(found, torch.zeros(2, 3))


def test_several_sets_are_read_as_each_alone(rows, heads):
    other = rows._replace(values=rows.values.flip(0))
    both = read_pairs(heads, LAYOUT, rows, other, n_blocks=3)
    assert both.shape == (2, 3, 3)
    for found, own in zip(both, (rows, other), strict=True):
        torch.testing.assert_close(found, read_pairs(heads, LAYOUT, own, n_blocks=3)[0])


def test_a_gaussian_head_gives_the_sum_over_columns(rows):
    torch.manual_seed(0)
    head = GaussianHead((6, 3), 2)
    torch.nn.init.normal_(head.network.leave.weight, std=0.1)
    found = pair_information(head, rows, Layout((6, 3), 1), 2)
    first, second = rows.values[:20].split((6, 3), dim=1)
    mean, log_variance = head(first, rows.targets[:20])
    expected = 3 * gaussian_code_information(mean, log_variance, second)
    torch.testing.assert_close(found[0, 0], expected)


@pytest.mark.parametrize(
    ("of_samples", "wanted", "of_prior", "expected"),
    [
        (0.5, 1.0, 0.2, 0.0),
        (1.5, 1.0, 0.2, 0.5),
        (1.5, 1.0, 1.3, 0.2),
        (1.0, 0.5, 1.3, 0.0),
    ],
)
def test_excess_is_beyond_both_the_data_and_the_prior(
    of_samples, wanted, of_prior, expected
):
    found = excess(*map(torch.tensor, (of_samples, wanted, of_prior)))
    assert float(found) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("wanted", "of_prior", "expected"),
    [(1.0, 0.5, 0.95), (1.0, -0.5, 1.0), (-0.2, 0.0, -0.2)],
)
def test_the_margin_is_a_tenth_of_the_information_of_the_prior(wanted, of_prior, expected):
    found = less_margin(torch.tensor(wanted), torch.tensor(of_prior))
    assert float(found) == pytest.approx(expected)
