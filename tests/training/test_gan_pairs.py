"""What one modality says of another, read in blocks, and when it is worth something."""

import math

import pytest
import torch

from skmiaug.losses import gaussian_code_information, info_nce_information
from skmiaug.nn import ContrastiveHeads, GaussianHead
from skmiaug.over_sampling._joint_probe import gain_of_pairs
from skmiaug.training import Pairs, excess, less_margin, read_pairs
from skmiaug.training.gan._pairs import contrastive_information, pair_information

SIZES = (4, 3, 2)


@pytest.fixture
def rows():
    return torch.randn(40, 9, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def heads():
    torch.manual_seed(0)
    return ContrastiveHeads(SIZES, 2)


CLASSES, IDS = torch.arange(40) % 2, torch.arange(40) // 2 % 11


def slow_information(scores, classes, ids) -> float:
    """InfoNCE row by row, with the candidates spelled out."""
    n, total = len(scores), 0.0
    for i in range(n):
        others = [
            j for j in range(n) if j == i or (classes[j] == classes[i] and ids[j] != ids[i])
        ]
        for direction in (scores[i], scores[:, i]):
            chosen = torch.stack([direction[j] for j in others])
            log_q = scores[i, i] - torch.logsumexp(chosen, dim=0)
            total += 0.5 * float(log_q) + 0.5 * math.log(len(others))
    return total / n


def test_information_of_blocks_is_that_of_the_slow_twin(rows, heads):
    found = pair_information(heads, rows, SIZES, CLASSES, IDS, 3)
    assert found.shape == (3, 3)
    with torch.no_grad():
        for block in range(3):
            part = slice(13 * block, 13 * block + 13)
            codes = heads(rows[part].split(SIZES, dim=1), CLASSES[part])
            for pair, (i, j) in enumerate([(0, 1), (0, 2), (1, 2)]):
                scores = heads.scores(codes[i], codes[j])
                expected = slow_information(scores, CLASSES[part], IDS[part])
                assert float(found[block, pair].detach()) == pytest.approx(
                    expected, abs=1e-4
                )


def test_one_class_of_different_rows_is_info_nce():
    scores = torch.randn(2, 6, 6, generator=torch.Generator().manual_seed(1))
    everybody = torch.ones(2, 6, 6, dtype=torch.bool)
    found = contrastive_information(scores, everybody)
    for block in range(2):
        assert float(found[block]) == pytest.approx(
            float(info_nce_information(scores[block])), abs=1e-5
        )


def test_rows_that_share_a_part_are_not_told_apart(rows, heads):
    same = torch.zeros(40, dtype=torch.long)
    found = pair_information(heads, rows, SIZES, CLASSES, same, 2)
    torch.testing.assert_close(found, torch.zeros(2, 3))


def test_too_few_rows_give_nothing(rows, heads):
    found = pair_information(heads, rows[:3], SIZES, CLASSES[:3], IDS[:3], 4)
    assert found.shape == (4, 3)
    assert not found.any()


def test_several_sets_are_read_as_each_alone(rows, heads):
    other = rows.flip(0)
    both = read_pairs(
        heads, SIZES, 3, Pairs(rows, CLASSES, IDS), Pairs(other, CLASSES, IDS)
    )
    assert both.shape == (2, 3, 3)
    for found, part in zip(both, (rows, other), strict=True):
        alone = read_pairs(heads, SIZES, 3, Pairs(part, CLASSES, IDS))[0]
        torch.testing.assert_close(found, alone)


def test_a_gaussian_head_bounds_the_sum_over_columns(rows):
    torch.manual_seed(0)
    head = GaussianHead((6, 3), 2)
    torch.nn.init.normal_(head.network.leave.weight, std=0.1)
    found = pair_information(head, rows, (6, 3), CLASSES, IDS, 2)
    mean, log_variance = head(rows[:20, :6], CLASSES[:20])
    expected = 3 * gaussian_code_information(mean, log_variance, rows[:20, 6:])
    torch.testing.assert_close(found[0, 0], expected)


# ---------------------------------------------------------------- what it is worth


@pytest.mark.parametrize(
    ("made", "wanted", "start", "expected"),
    [
        (0.5, 1.0, 0.2, 0.0),
        (1.5, 1.0, 0.2, 0.5),
        (1.5, 1.0, 1.3, 0.2),
        (1.0, 0.5, 1.3, 0.0),
    ],
)
def test_excess_is_what_neither_the_data_nor_the_start_has(made, wanted, start, expected):
    found = excess(*map(torch.tensor, (made, wanted, start)))
    assert float(found) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("wanted", "start", "expected"), [(1.0, 0.5, 0.95), (1.0, -0.5, 1.0), (-0.2, 0.0, -0.2)]
)
def test_the_margin_is_a_tenth_of_what_the_start_has(wanted, start, expected):
    found = less_margin(torch.tensor(wanted), torch.tensor(start))
    assert float(found) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("wanted", "start", "made", "expected"),
    [
        (1.0, 0.2, 0.2, 0.0),  # nothing learned
        (1.0, 0.2, 0.7, 0.5),
        (1.0, 0.2, 0.98, 0.78),  # all of it, less a tenth of the start
        (1.0, 0.2, 1.28, 0.48),  # too much costs what is too much
        (1.0, -1.0, 0.0, 0.5),  # half of the way from a start without information
        (1.0, -1.0, 1.0, 1.0),
        (-0.1, -0.5, -0.1, 0.0),  # there is nothing to learn
        (0.5, 0.8, 0.8, 0.0),  # a start that has more may stay
        (0.5, 0.8, 0.4, -0.02),
    ],
)
def test_the_gain_is_how_much_nearer_made_pairs_are(wanted, start, made, expected):
    found = gain_of_pairs(*(torch.tensor([v]) for v in (wanted, start, made)))
    assert float(found) == pytest.approx(expected, abs=1e-6)
