"""Draw the picture of how samples are generated, for wide and for narrow windows.

python docs/_ext/method_picture.py docs/_static
"""

import sys
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse

from skmiaug import GaussianAugmenter

COLOURS = ("#1f6fb4", "#d1661a", "#3a8f3f")
NAMES = ("neutral", "anger", "fear")


def example_rows(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Three classes of 70, 12 and 7 rows in a plane, with one covariance."""
    factor = np.array([[1.0, 0.0], [0.55, 0.7]])
    y = np.repeat([0, 1, 2], [70, 12, 7])
    centres = np.array([[-0.4, -0.6], [2.6, 2.4], [3.4, -1.6]])
    return centres[y] + rng.normal(size=(len(y), 2)) @ factor.T, y


def draw(*, narrow: bool = False) -> plt.Figure:
    """Real rows, the prior, and both with synthetic samples."""
    X, y = example_rows(np.random.default_rng(5))
    means = np.array([X[y == c].mean(axis=0) for c in range(3)])
    covariance = np.cov((X - means[y]).T)
    # More than the estimate for two columns, so that it can be seen.
    shrunken = means + 0.3 * (means.mean(axis=0) - means)
    augmenter = GaussianAugmenter(noise="gaussian", random_state=0)
    X_new, y_new = augmenter.fit_resample(X, y)

    shape, size = ((3, 1), (3.6, 9.6)) if narrow else ((1, 3), (9.6, 3.5))
    figure, axes = plt.subplots(*shape, figsize=size, sharex=True, sharey=True)
    for c, colour in enumerate(COLOURS):
        own, new = X[y == c], X_new[augmenter.synthetic_mask_ & (y_new == c)]
        for axis in axes[[0, 2]]:
            axis.plot(*own.T, "o", ms=4, color=colour, label=f"{NAMES[c]}: {len(own)}")
        axes[2].plot(*new.T, "o", ms=4, mfc="none", mew=0.8, color=colour)
        _draw_prior(axes[1], own, means[c], shrunken[c], covariance, colour)
    axes[0].legend(loc="upper left", fontsize=9, frameon=False, handletextpad=0.1)
    grey = {"marker": "o", "ls": "", "ms": 4, "color": "0.4"}
    kinds = [Line2D([], [], **grey), Line2D([], [], mfc="none", mew=0.8, **grey)]
    axes[2].legend(
        kinds, ["real", "synthetic"], loc="upper left", fontsize=9, frameon=False,
        handletextpad=0.1,
    )  # fmt: skip
    titles = (
        "1  Real rows, imbalanced",
        "2  Prior: one Gaussian for each class",
        "3  Balanced with synthetic samples",
    )
    notes = (
        "feature vectors and their classes",
        "class means are shrunk (arrows); here\nall classes share one covariance",
        "drawn from the prior; MIGANAugmenter\n"
        "adds an InfoGAN for several modalities\n"
        "or a condition",
    )
    for axis, title, note in zip(axes, titles, notes, strict=True):
        axis.set_title(title, fontsize=10.5, loc="left")
        axis.set_xlabel(note, fontsize=9.5, loc="left")
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_color("0.75")
    axes[0].set(xlim=(-4, 7), ylim=(-4.2, 5.6))
    figure.tight_layout(w_pad=1.5, h_pad=1.5)
    return figure


def _draw_prior(axis, rows, mean, shrunken, covariance, colour) -> None:
    variance, directions = np.linalg.eigh(covariance)
    angle = np.degrees(np.arctan2(directions[1, 1], directions[0, 1]))
    axis.plot(*rows.T, "o", ms=3, color=colour, alpha=0.25, mew=0)
    for radius in (1, 2):
        height, width = 2 * radius * np.sqrt(variance)
        axis.add_patch(
            Ellipse(shrunken, width, height, angle=angle, fill=False, ec=colour, lw=1.2)
        )
    axis.annotate(
        "",
        shrunken,
        mean,
        arrowprops={
            "arrowstyle": "-|>",
            "color": colour,
            "lw": 1.4,
            "shrinkA": 0,
            "shrinkB": 0,
            "mutation_scale": 9,
        },
    )


if __name__ == "__main__":
    mpl.rcParams |= {"svg.hashsalt": "skmiaug", "svg.fonttype": "path"}
    for name, narrow in {"method": False, "method_narrow": True}.items():
        file = Path(sys.argv[1]) / f"{name}.svg"
        draw(narrow=narrow).savefig(file, facecolor="white", metadata={"Date": None})
