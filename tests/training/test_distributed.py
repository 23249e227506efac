"""What a process group does without a second process; see test_data_parallel for two."""

import numpy as np
import pytest
import torch
import torch.distributed as dist
from hypothesis import given
from hypothesis import strategies as st

from skmiaug.exceptions import ProcessGroupError
from skmiaug.training import Checkpoint
from skmiaug.training.gan import ProcessGroup, gan_step
from tests._internals import tensors_of
from tests.training._toy import (
    CPU,
    ONE,
    PAIR,
    same,
    toy_batches,
    toy_networks,
    toy_weights,
)

pytestmark = pytest.mark.skipif(not dist.is_available(), reason="torch without processes")


@pytest.fixture(scope="module")
def group(tmp_path_factory):
    """The group of one process."""
    store = tmp_path_factory.mktemp("group") / "store"
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=0, world_size=1)
    yield ProcessGroup(CPU)
    dist.destroy_process_group()


def member(rank, size):
    """A process of a larger group, for what needs no message of the others."""
    group = ProcessGroup.__new__(ProcessGroup)
    group.device, group.rank, group.size, group.share = CPU, rank, size, 1 / size
    return group


@given(n=st.integers(1, 40), size=st.integers(1, 9))
def test_the_shares_make_up_the_batch(n, size):
    whole = toy_batches(PAIR, batch_size=n).draw()
    groups = [member(rank, size) for rank in range(size)]
    if n < size:
        with pytest.raises(ValueError, match=f"Batches of {n} rows"):
            groups[0].share_batches(toy_batches(batch_size=n))
        return
    drawn = [
        group.share_batches(toy_batches(PAIR, batch_size=n)).draw() for group in groups
    ]
    shared = zip(*map(tensors_of, drawn), strict=True)
    for part, shares in zip(tensors_of(whole), shared, strict=True):
        assert torch.equal(torch.cat(shares), part)
        sizes = [len(share) for share in shares]
        assert max(sizes) - min(sizes) <= 1
        np.testing.assert_allclose([group.share for group in groups], np.array(sizes) / n)


def test_in_a_group_of_one_steps_are_those_of_the_optimisers(group):
    alone, together = toy_networks(moved=True), toy_networks(moved=True)
    shared = group.share_networks(together)
    batches, own = toy_batches(), group.share_batches(toy_batches())
    for _ in range(3):
        expected = gan_step(alone, batches.draw(), toy_weights(), ONE)
        found = gan_step(shared, own.draw(), toy_weights(), ONE)
        assert torch.equal(group.average(found), expected)
    assert same(shared.snapshot(), alone.snapshot())
    shared.lower_rates(0.5)
    rates = [o.param_groups[0]["lr"] for _, o in together.optimizers()]
    assert rates == [o.param_groups[0]["lr"] / 2 for _, o in alone.optimizers()]


@pytest.mark.parametrize("size", [2, 3])
def test_gradients_of_the_shares_average_to_that_of_the_batch(size):
    def gradients(batch):
        networks = toy_networks(moved=True, rate=0.0)
        gan_step(networks, batch, toy_weights(), ONE)
        return [p.grad for _, module in networks.modules() for p in module.parameters()]

    groups = [member(rank, size) for rank in range(size)]
    drawn = [group.share_batches(toy_batches()).draw() for group in groups]
    shares = zip(*map(gradients, drawn), strict=True)
    for whole, parts in zip(gradients(toy_batches().draw()), shares, strict=True):
        weighed = [group.share * p for group, p in zip(groups, parts, strict=True)]
        torch.testing.assert_close(sum(weighed), whole, rtol=1e-3, atol=1e-5)


def test_all_get_the_answer_or_the_error_of_the_first(group):
    assert group.agreed(lambda a, b: a + b)(2, b=3) == 5
    with pytest.raises(ZeroDivisionError):
        group.agreed(lambda: 1 / 0)()


def test_others_write_and_remove_no_checkpoint(group, tmp_path):
    path = tmp_path / "run"
    first = group.share_checkpoint(Checkpoint(path, "print"))
    other = member(1, 2).share_checkpoint(Checkpoint(path, "print"))
    other.write({"seed": 3}, {})
    assert not path.exists()
    first.write({"seed": 3}, {})
    other.remove()
    assert first.seed_of_run(0) == 3
    first.remove()
    assert not path.exists()


@pytest.mark.parametrize(
    "changed", [np.array([1.0, 2.5]), np.array([1.0]), np.array([1.0, np.nan])]
)
def test_differences_are_named(group, monkeypatch, changed):
    mine = {"class means": np.array([1.0, 2.0]), "bandwidth": np.array(0.5)}
    group.check_alike(mine)
    answer = lambda call: lambda: mine | {"class means": changed}  # noqa: E731
    monkeypatch.setattr(group, "agreed", answer)
    with pytest.raises(ProcessGroupError, match="these differ: class means"):
        group.check_alike(mine)
