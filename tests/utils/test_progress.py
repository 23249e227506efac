"""The progress bar: shown where it was asked for."""

import re

from skmiaug.over_sampling._settings import LOOK_EVERY
from skmiaug.utils._progress import ProgressBar
from tests._helpers import small


def test_verbose_shows_a_bar_with_loss_and_information(skewed, capsys):
    small(verbose=1, max_iter=2 * LOOK_EVERY, n_iter_no_change=9).fit(*skewed)
    out, shown = capsys.readouterr()
    assert out == ""
    assert "MIGANAugmenter" in shown
    assert f"{2 * LOOK_EVERY}/{2 * LOOK_EVERY}" in shown
    assert re.search(r"loss=-?\d+\.\d{3}, mi=-?\d+\.\d{3}", shown)


def test_nothing_is_shown_by_default(skewed, capsys):
    small().fit_resample(*skewed)
    assert capsys.readouterr() == ("", "")


def test_a_bar_that_is_not_enabled_does_nothing(capsys):
    bar = ProgressBar(3, "name", enabled=False)
    bar.show(2, loss=1.0)
    bar.close()
    assert capsys.readouterr().err == ""
