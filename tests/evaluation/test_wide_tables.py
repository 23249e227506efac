"""Tables of tens of thousands of columns are read as narrow ones are."""

import numpy as np
import pytest

from skmiaug.evaluation.features import FileOptions, read_features


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_header_longer_than_a_cell_may_be(tmp_path, mark):
    # Read with another separator, the whole line is one cell.
    names = [f"{'x' * 60}{i}" for i in range(2200)]
    rows = [[f"{i}.5"] * len(names) for i in range(4)]
    lines = [[*names, "y"], *([*row, "ab"[i % 2]] for i, row in enumerate(rows))]
    path = tmp_path / "wide.csv"
    path.write_text("\n".join(map(mark.join, lines)))
    found = read_features(path, FileOptions(target="y"))
    np.testing.assert_array_equal(found.X, np.array(rows, dtype=float))
