"""
Audio and text in one space
===========================

Transcripts come with most speech corpora. :class:`~skmiaug.ContrastiveAligner` projects
audio features and text features of the same clips into one space, where
:class:`~skmiaug.MIGANAugmenter` then generates samples of the rare emotions, both parts of
a row together. All steps are in one pipeline, so that nothing is learned from test
speakers.

The data are Whisper and sentence features of nEMO (Polish, acted), from the folder
``shared`` next to the repository. Its sentences are neutral on purpose: the text has
no information about the emotion, and the possible gain is small. If the folder is absent, a
simulated corpus is used whose text has. Takes some minutes on two cores.
"""

# %%
# Data and folds
# --------------
# The training parts are made imbalanced, as emotional speech is; the test parts stay whole.

import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from imblearn.pipeline import Pipeline
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import LeaveOneGroupOut, cross_validate
from sklearn.preprocessing import StandardScaler

from skmiaug import ContrastiveAligner, MIGANAugmenter
from skmiaug.evaluation import ImbalancedTrainingSplit


def simulated_corpus(seed=0, n_audio=256, n_text=128):
    """Clips of 6 speakers: 40 sentences, half of them spoken in a matching emotion."""
    rng = np.random.default_rng(seed)
    emotions = np.array(["anger", "fear", "joy", "neutral", "sadness"])
    n = 1200
    speaker, sentence = rng.integers(6, size=n), rng.integers(40, size=n)
    y = rng.integers(5, size=n)
    y = np.where(rng.random(n) < 0.5, sentence % 5, y)
    said = rng.normal(size=(40, 12))[sentence]
    meant = rng.normal(size=(5, 8))[y] + rng.normal(size=(n, 8))
    voice = rng.normal(size=(6, 8))[speaker]
    heard = np.hstack([said, meant, voice])
    audio = heard @ rng.normal(size=(28, n_audio)) + 6 * rng.normal(size=(n, n_audio))
    text = said @ rng.normal(size=(12, n_text))
    return audio, text, emotions[y], speaker, sentence


here = Path.cwd()
files = [p / "shared/data/nemo_features.npz" for p in (here, *here.parents)]
file = next((f for f in files if f.is_file()), None)
if file is not None:
    name = "nEMO"
    data = np.load(file)
    audio = data["X_whisper_layers"][:, 3].astype(np.float32)
    text = data["X_text"]
    y, speaker = data["classes"][data["y"]], data["speaker"]
    sentence = data["sentence"]
    shares = [0.5, 0.3, 1, 0.15, 0.1, 0.2]
else:
    name = "simulated corpus"
    audio, text, y, speaker, sentence = simulated_corpus()
    shares = [0.3, 0.15, 0.5, 1.0, 0.2]

heard = [f"audio {i}" for i in range(audio.shape[1])]
read = [f"text {i}" for i in range(text.shape[1])]
X = pd.DataFrame(np.hstack([audio, text]), columns=[*heard, *read])
folds = list(
    ImbalancedTrainingSplit(LeaveOneGroupOut(), shares, random_state=0).split(X, y, speaker)
)
if os.environ.get("SKMIAUG_EXAMPLES") == "short":
    folds = folds[:2]
print(f"{name}: {len(X)} clips of {len(np.unique(speaker))} speakers, {len(folds)} folds")

# %%
# The pipeline
# ------------
# Columns are named in groups, one for each modality. The aligner concatenates the codes of
# both.

columns = {"audio": heard, "text": read}
aligner = ContrastiveAligner(modalities=columns, random_state=0)
augmenter = MIGANAugmenter(random_state=0)
classifier = LogisticRegression(C=0.1, max_iter=200)
models = {
    "features": [StandardScaler(), classifier],
    "aligned": [aligner, classifier],
    "features, balanced": [StandardScaler(), augmenter, classifier],
    "aligned, balanced": [aligner, augmenter, classifier],
}
uar = {}
for label, steps in models.items():
    pipeline = Pipeline([(type(step).__name__, step) for step in steps])
    scored = cross_validate(pipeline, X, y, cv=folds, scoring="balanced_accuracy")
    uar[label] = scored["test_score"]
    print(f"UAR {np.mean(uar[label]):6.1%} (folds {np.ptp(uar[label]):.1%} apart)  {label}")

# %%
# Retrieval
# ---------
# Does a clip retrieve its own text among the clips of a held-out speaker? Texts that
# several clips share count by their probability, so that the maximum is below 1.

found = cross_validate(
    aligner, X, y, cv=folds, scoring=lambda a, X, y: a.score_retrieval(X, k=[5])
)
for way in ("audio_to_text", "text_to_audio"):
    chance = np.mean([5 / len(test) for _, test in folds])
    recall = found[f"test_{way}_at_5"].mean()
    print(f"{way} recall at 5: {recall:.2f}, {recall / chance:.0f} times chance")

# %%
# Real rows and samples in the aligned space
# ------------------------------------------
# Left: clips of the held-out speaker, in the plane of largest variance; the two parts of a
# clip are joined by a line, the colour is the sentence. Right: training rows and samples of
# the three rarest emotions, in the plane that discriminates best between the real ones.

train, test = folds[0]
aligner.fit(X.iloc[train], y[train])
shown = test[np.isin(sentence[test], np.unique(sentence[test])[:8])]
parts = aligner.transform_modalities(X.iloc[shown])
plane = PCA(2).fit(np.vstack(list(parts.values())))
points = {modality: plane.transform(codes) for modality, codes in parts.items()}

codes = aligner.transform(X.iloc[train])
augmenter.fit(codes, y[train])
emotions, counts = np.unique(y[train], return_counts=True)
rare = emotions[np.argsort(counts)[:3]]
discriminant = LinearDiscriminantAnalysis(
    solver="eigen", shrinkage="auto", n_components=2
).fit(codes, y[train])

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 5), layout="constrained")
colours = plt.get_cmap("tab10")
numbers = np.unique(sentence[shown], return_inverse=True)[1]
for i, colour in enumerate(colours(numbers)):
    ends = np.stack([points["audio"][i], points["text"][i]])
    left.plot(*ends.T, color=colour, alpha=0.35, linewidth=1)
for modality, marker, size in (("audio", "o", 22), ("text", "*", 60)):
    left.scatter(*points[modality].T, c=colours(numbers), s=size, marker=marker)
    # Black in the legend: the colours are the sentences.
    left.scatter([], [], color="black", s=size, marker=marker, label=modality)
left.set(
    title="A held-out speaker: 8 sentences",
    xlabel="first principal direction",
    ylabel="second principal direction",
)
left.legend()

# A shape for each emotion as well, for prints in grey.
for colour, shape, emotion in zip(colours(np.arange(3)), "os^", rare, strict=True):
    real = discriminant.transform(codes[y[train] == emotion])
    drawn = discriminant.transform(augmenter.sample(150, emotion)[0])
    right.scatter(*drawn.T, color=colour, s=9, alpha=0.45, marker=shape, linewidth=0)
    name = f"{emotion} ({len(real)})"
    right.scatter(*real.T, color=colour, s=36, marker=shape, edgecolor="black", label=name)
right.scatter([], [], color="grey", s=9, label="synthetic: small")
right.set(
    title="The three rarest emotions",
    xlabel="first discriminant direction",
    ylabel="second discriminant direction",
)
right.legend()
plt.show()
