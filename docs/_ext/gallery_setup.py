"""What sphinx-gallery is told of the examples: which can run, their order, what to show."""

import re
from importlib.util import find_spec
from pathlib import Path

from matplotlib.figure import Figure
from sphinx_gallery.scrapers import figure_rst
from sphinx_gallery.sorting import _SortKey

# From the first step to the special cases; new examples come after these by name.
_ORDER = (
    "plot_quickstart",
    "plot_compare_with_smote",
    "plot_real_speech_features",
    "plot_lambda_search",
    "plot_emodb_from_audio",
    "plot_cross_modal",
    "plot_paired_generation",
    "plot_mi_against_utility",
    "plot_masked_pretraining",
    "plot_save_load_continue",
    "plot_on_a_gpu",
    "plot_dask_cluster",
)


class TeachingOrder(_SortKey):
    """Sort the examples of a gallery in the order of `_ORDER`."""

    def __call__(self, filename: str) -> tuple[int, str]:
        stem = Path(filename).stem
        return (_ORDER.index(stem) if stem in _ORDER else len(_ORDER), stem)


def missing_needs(source: str, repository: Path) -> list[str]:
    """What an example says it needs and what is not there.

    An example says so on lines such as ``# Needs: ../shared/data/emodb_flac`` (a path from
    the repository) or ``# Needs: distributed`` (a module).
    """
    needs = re.findall(r"^# Needs: (\S+)$", source, flags=re.MULTILINE)
    return [
        need
        for need in needs
        if not (
            (repository / need).exists() if "/" in need else find_spec(need) is not None
        )
    ]


def can_run(folder: Path) -> str:
    """Pattern of the files that the build runs; the others are shown without output."""
    names = [
        path.name
        for path in sorted(folder.glob("plot_*.py"))
        if not missing_needs(path.read_text(encoding="utf-8"), folder.parent)
    ]
    return r"[/\\](" + "|".join(map(re.escape, names)) + ")$"


def loose_figures(block, block_vars, gallery_conf, **kwargs):
    """Show figures that were made without pyplot, as `plot_comparison` makes them."""
    seen = block_vars["example_globals"].setdefault("_figures_shown", [])
    paths = []
    for value in list(block_vars["example_globals"].values()):
        if not isinstance(value, Figure) or any(value is other for other in seen):
            continue
        seen.append(value)
        if not hasattr(value, "number"):  # pyplot numbers its own
            path = next(block_vars["image_path_iterator"])
            value.savefig(path, dpi=110)
            paths.append(path)
    return figure_rst(paths, gallery_conf["src_dir"])
