"""The progress bar: shown where it was asked for."""

import re

import pytest

from skmiaug.utils._fit import ProgressBar
from tests._helpers import small
from tests._internals import EVAL_INTERVAL


def test_verbose_shows_a_bar_with_loss_and_information(skewed, capsys):
    small(verbose=1, max_iter=2 * EVAL_INTERVAL, n_iter_no_change=9).fit(*skewed)
    out, shown = capsys.readouterr()
    assert out == ""
    assert "MIGANAugmenter" in shown
    assert f"{2 * EVAL_INTERVAL}/{2 * EVAL_INTERVAL}" in shown
    assert re.search(r"loss=-?\d+\.\d{3}, mi=-?\d+\.\d{3}", shown)


def test_a_training_that_stops_early_ends_in_a_full_bar(skewed, capsys):
    augmenter = small(verbose=1, max_iter=40 * EVAL_INTERVAL, n_iter_no_change=1, tol=9.0)
    augmenter.fit(*skewed)
    shown = capsys.readouterr().err
    assert augmenter.n_iter_ < 40 * EVAL_INTERVAL
    assert "MIGANAugmenter, preparing:" in shown
    assert "MIGANAugmenter, training:" in shown
    last = shown.rstrip().rsplit("\r", 1)[-1]
    assert last.startswith("MIGANAugmenter: 100%")
    assert f"{augmenter.n_iter_}/{augmenter.n_iter_}" in last


def test_the_bar_of_a_training_that_fails_does_not_fill(capsys):
    def work():
        with ProgressBar(8, "name", enabled=True) as bar:
            bar.show(2)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert "2/8" in capsys.readouterr().err.rsplit("\r", 1)[-1]


def test_rows_are_counted_as_they_are_made(skewed, capsys):
    augmenter = small(verbose=1, max_iter=0)
    X, _ = augmenter.fit_resample(*skewed)
    n_made = len(X) - len(skewed[0])
    last = capsys.readouterr().err.rstrip().rsplit("\r", 1)[-1]
    assert last.startswith("MIGANAugmenter, sampling: 100%")
    assert f"{n_made}/{n_made}" in last


def test_nothing_is_shown_by_default(skewed, capsys):
    small().fit_resample(*skewed)
    assert capsys.readouterr() == ("", "")


def test_a_bar_that_is_not_enabled_does_nothing(capsys):
    bar = ProgressBar(3, "name", enabled=False)
    bar.show(2, loss=1.0)
    bar.close()
    assert capsys.readouterr().err == ""
