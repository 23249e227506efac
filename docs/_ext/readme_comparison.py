"""Write the README's table and picture from folders of ``skmiaug compare --output``.

python docs/_ext/readme_comparison.py README.md docs/_static/comparison.png \
    "EmoDB=results/emodb" "nEMO=results/nemo"

The table replaces what stands between the two marks in the README.
"""

import sys
from pathlib import Path

from skmiaug.evaluation import comparisons_markdown, load_comparison, plot_comparisons

BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"


def main(readme: str, picture: str, *named_folders: str) -> None:
    """Replace the table in `readme` and the file `picture`."""
    folders = dict(named.split("=", 1) for named in named_folders)
    results = {name: load_comparison(folder) for name, folder in folders.items()}
    text = Path(readme).read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise SystemExit(f"expected one line {BEGIN} and one {END} in {readme}.")
    before, rest = text.split(BEGIN)
    table = comparisons_markdown(results)
    after = rest.split(END)[1]
    plot_comparisons(results, picture)
    Path(readme).write_text(f"{before}{BEGIN}\n{table}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
