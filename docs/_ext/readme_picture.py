"""Draw the README's picture from the folder that ``skmiaug compare --output`` wrote.

python docs/_ext/readme_picture.py results docs/_static/emodb_comparison.png "EmoDB ..."
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

SAMPLERS = ("none", "class weights", "RandomOverSampler", "SMOTE", "MIGANAugmenter")


def draw(results: pd.DataFrame, title: str) -> plt.Figure:
    """A panel for each classifier and one for their mean; a row for each sampler."""
    panels = {
        name: own.pivot(index=["seed", "fold"], columns="sampler", values="uar")
        for name, own in results.groupby("classifier", sort=False)
    }
    panels["mean of the three"] = sum(panels.values()) / len(panels)
    figure, axes = plt.subplots(
        1, len(panels), figsize=(10.5, 2.9), sharex=True, sharey=True
    )
    for axis, (name, scores) in zip(axes, panels.items(), strict=True):
        for row, sampler in enumerate(SAMPLERS):
            values = 100 * np.sort(scores[sampler].to_numpy())
            below = row + 0.12 + 0.22 * (np.arange(len(values)) % 3) / 2
            axis.plot(values, below, "o", ms=3, mfc="none", mec="0.55", mew=0.7)
            axis.plot(values.mean(), row - 0.12, "D", color="black", ms=5)
            axis.annotate(
                f"{values.mean():.1f}",
                (values.mean(), row - 0.12),
                xytext=(6, 0) if values.mean() < 74 else (-6, 0),
                textcoords="offset points",
                ha="left" if values.mean() < 74 else "right",
                va="center",
                fontsize=9,
                fontweight="bold",
            )
        axis.set_title(name, fontsize=10)
        axis.set_xlabel("UAR (%)")
        axis.grid(axis="x", color="0.9")
        axis.set_axisbelow(True)
        axis.tick_params(axis="y", length=0)
        axis.spines[["top", "right", "left"]].set_visible(False)
    axes[0].set_yticks(range(len(SAMPLERS)), SAMPLERS)
    axes[0].set_ylim(len(SAMPLERS) - 0.4, -0.5)
    figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    figure.tight_layout()
    return figure


if __name__ == "__main__":
    folder, target, title = sys.argv[1:]
    draw(pd.read_csv(Path(folder) / "table.csv"), title).savefig(target, dpi=110)
