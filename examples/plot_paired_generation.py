"""
Pairs of audio and text
=======================

If a row is audio and text of the same clip, a synthetic sample is useful only if its two
parts match. :class:`~skmiaug.MIGANAugmenter` generates both together if its ``modalities``
are named, and generates one given the other where it is missing.

The simulated corpus is a hard case on purpose: audio and text depend on each other, and are
uncorrelated. Two columns of the audio are the cosine and sine of an angle, two of the text
those of twice this angle. A Gaussian cannot represent this dependence; the generator has to
learn it from the mutual information of the two parts.
"""

# %%
# A simulated corpus
# ------------------
# Three classes, one of them rare. Besides the two columns that matter, each modality has
# columns of noise. The information is known in closed form.

import os

import matplotlib.pyplot as plt
import numpy as np

from skmiaug import MIGANAugmenter
from skmiaug.datasets import make_circle_pairs
from skmiaug.metrics import ksg_information

short = os.environ.get("SKMIAUG_EXAMPLES") == "short"
corpus = make_circle_pairs([400, 300, 200], random_state=0)
X = np.hstack([corpus.audio, corpus.text])
modalities = {"audio": slice(0, 8), "text": slice(8, 14)}
print(f"{len(X)} rows, {corpus.information:.2f} nats of text in the audio")

# %%
# Pairs
# -----
# Once with the term that rewards dependence, and once without it. Samples have to move far
# from the prior here, so that the penalty on the residual is lower than by default, and
# early stopping later.

together = MIGANAugmenter(
    modalities=modalities,
    residual_penalty=0.3,
    n_iter_no_change=40,
    max_iter=100 if short else 600,
    random_state=0,
).fit(X, corpus.y)
apart = MIGANAugmenter(modalities=modalities, mi_weight=0, random_state=0).fit(X, corpus.y)


def information(rows):
    """Information between the columns that matter, nats."""
    return ksg_information(rows[:, :2], rows[:, 8:10], n_permutations=0).estimate


# %%
# A missing modality
# ------------------
# New clips lack their text. It is generated given the audio: the harder task, since one
# part has to match the other exactly.

new = make_circle_pairs(900, random_state=1)
incomplete = np.hstack([new.audio, np.full_like(new.text, np.nan)])
filled = together.impute(incomplete, new.y)

# %%
# Result
# ------
# Each dot is a row: the angle of its audio and of its text. The grey lines are the rule of
# the data, twice the angle. The title of each panel has the information between the two.

panels = {
    "real rows": X,
    "generated together": together.sample(900, np.repeat([0, 1, 2], 300))[0],
    "with mi_weight=0": apart.sample(900, np.repeat([0, 1, 2], 300))[0],
    "real audio, imputed text": filled,
}
figure, axes = plt.subplots(1, 4, figsize=(13, 3.8), sharey=True, layout="constrained")
angle = np.linspace(-180, 180, 721)
rule = (2 * angle + 180) % 360 - 180
rule[np.abs(np.diff(rule, append=rule[-1])) > 180] = np.nan
for axis, (name, rows) in zip(axes, panels.items(), strict=True):
    audio, text = (
        np.degrees(np.arctan2(rows[:, k + 1], rows[:, k]))
        for k in (0, modalities["text"].start)
    )
    axis.plot(angle, rule, color="0.6", linewidth=5, alpha=0.5, zorder=0)
    axis.scatter(audio, text, s=5, color="tab:blue" if name == "real rows" else "tab:red")
    axis.set(
        title=f"{name}\n{information(rows):.2f} nats",
        xlabel="angle of the audio (degrees)",
        xticks=[-180, -90, 0, 90, 180],
        yticks=[-180, -90, 0, 90, 180],
    )
    print(f"{information(rows):5.2f} nats  {name}")
axes[0].set_ylabel("angle of the text (degrees)")
plt.show()
