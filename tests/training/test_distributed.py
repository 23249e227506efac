"""The parts of a team that need no second process; see test_data_parallel for two."""

import numpy as np
import pytest
import torch
import torch.distributed as dist
from hypothesis import given
from hypothesis import strategies as st

from skmiaug.exceptions import ProcessGroupError
from skmiaug.training import Checkpoint, ProcessTeam, Team, gan_step
from tests.training._toy import same, toy_batches, toy_players, toy_weights

pytestmark = pytest.mark.skipif(not dist.is_available(), reason="torch without processes")
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def team(tmp_path_factory):
    """The team of a group of one process."""
    store = tmp_path_factory.mktemp("group") / "store"
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=0, world_size=1)
    yield ProcessTeam(CPU)
    dist.destroy_process_group()


def member(rank, size):
    """A process of a larger group, as far as it needs to know nothing of the others."""
    team = ProcessTeam.__new__(ProcessTeam)
    team.device, team.rank, team.size, team.share = CPU, rank, size, 1 / size
    return team


@given(n=st.integers(1, 40), size=st.integers(1, 9))
def test_the_shares_make_up_the_batch(n, size):
    whole = toy_batches(batch_size=n).draw()
    teams = [member(rank, size) for rank in range(size)]
    if n < size:
        with pytest.raises(ValueError, match=f"Batches of {n} rows"):
            teams[0].share_batches(toy_batches(batch_size=n))
        return
    drawn = [team.share_batches(toy_batches(batch_size=n)).draw() for team in teams]
    for part, shares in zip(whole, zip(*drawn, strict=True), strict=True):
        assert torch.equal(torch.cat(shares), part)
        sizes = [len(share) for share in shares]
        assert max(sizes) - min(sizes) <= 1
        np.testing.assert_allclose([team.share for team in teams], np.array(sizes) / n)


def test_a_share_keeps_its_generator_and_what_is_cached_is_no_hindrance():
    batches = toy_batches()
    batches.draw()
    shared = member(1, 2).share_batches(batches)
    assert shared.generator is batches.generator
    assert len(shared.draw().real) == batches.batch_size // 2


def test_a_process_alone_changes_nothing():
    team, players, batches = Team(), toy_players(), toy_batches()
    checkpoint, figures = Checkpoint("run", ""), torch.ones(3)
    assert team.leads
    assert team.share_players(players) is players
    assert team.share_batches(batches) is batches
    assert team.share_checkpoint(checkpoint) is checkpoint
    assert team.average(figures) is figures
    assert team.agreed(len) is len


def test_steps_by_averaged_gradients_are_those_of_the_optimisers(team):
    alone, together = toy_players(moved=True), toy_players(moved=True)
    shared = team.share_players(together)
    batches, own = toy_batches(), team.share_batches(toy_batches())
    for _ in range(3):
        expected = gan_step(alone, batches.draw(), toy_weights())
        found = gan_step(shared, own.draw(), toy_weights())
        assert torch.equal(team.average(found), expected)
    assert same(shared.snapshot(), alone.snapshot())
    shared.lower_rates(0.5)
    rates = [o.param_groups[0]["lr"] for _, o in together.optimizers()]
    assert rates == [o.param_groups[0]["lr"] / 2 for _, o in alone.optimizers()]


def test_aligned_players_keep_their_weights(team):
    players = toy_players(moved=True)
    before = players.snapshot()
    team.align(players)
    assert same(players.snapshot(), before)


def test_an_answer_or_an_error_of_the_first(team):
    assert team.agreed(lambda a, b: a + b)(2, b=3) == 5
    with pytest.raises(ZeroDivisionError):
        team.agreed(lambda: 1 / 0)()


def test_others_write_and_remove_no_checkpoint(team, tmp_path):
    path = tmp_path / "run"
    first = team.share_checkpoint(Checkpoint(path, "print"))
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
def test_what_is_not_alike_is_named(team, monkeypatch, changed):
    mine = {"class means": np.array([1.0, 2.0]), "spread": np.array(0.5)}
    team.check_alike(mine)
    answer = lambda call: lambda: mine | {"class means": changed}  # noqa: E731
    monkeypatch.setattr(team, "agreed", answer)
    with pytest.raises(ProcessGroupError, match="these differ: class means"):
        team.check_alike(mine)
