"""Write the README's table, and its page and picture, from ``skmiaug compare --output``.

python docs/_ext/readme_comparison.py README.md docs/benchmarks/tuned.md \
    docs/_static/comparison.png "EmoDB=results/emodb" "nEMO=results/nemo"

The README gets the table; the page gets the table, intervals and verdicts of each set. Both
have two marks, between which the text is replaced.
"""

import sys
from pathlib import Path

from skmiaug.evaluation import comparisons_markdown, load_comparison, plot_comparisons

BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"


def main(readme: str, page: str, picture: str, *named_folders: str) -> None:
    """Replace the table in both files, and the file `picture`."""
    folders = dict(named.split("=", 1) for named in named_folders)
    results = {name: load_comparison(folder) for name, folder in folders.items()}
    whole = comparisons_markdown(results)
    table = "".join(line + "\n" for line in whole.splitlines() if line.startswith("|"))
    for path, written in ((Path(readme), table), (Path(page), whole)):
        text = path.read_text(encoding="utf-8")
        if text.count(BEGIN) != 1 or text.count(END) != 1:
            raise SystemExit(f"expected one line {BEGIN} and one {END} in {path}.")
        before, rest = text.split(BEGIN)
        after = rest.split(END)[1]
        path.write_text(f"{before}{BEGIN}\n{written}{END}{after}", encoding="utf-8")
    plot_comparisons(results, picture)


if __name__ == "__main__":
    main(*sys.argv[1:])
