"""
From audio files to emotions, speaker by speaker
================================================

A pipeline that takes paths of audio files: a pretrained speech encoder extracts feature
vectors, :class:`~skmiaug.MIGANAugmenter` balances the classes of each training fold, and a
logistic regression classifies them. The corpus is EmoDB, the Berlin Database of Emotional
Speech (535 acted clips, 10 speakers, 7 emotions, CC0); the encoder is that of Whisper,
whose layer 3 has most information about emotions. Both are read from the folder ``shared``
next to the repository. The folds leave one speaker out. Takes some minutes on two cores,
most of them for the features.
"""

# %%
# The corpus
# ----------
# The file names have all labels: speaker, sentence, emotion (in German) and version.

# Needs: ../shared/data/emodb_flac
# Needs: ../shared/models/whisper-base-encoder
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from imblearn.pipeline import Pipeline
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay, balanced_accuracy_score
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
from sklearn.preprocessing import StandardScaler

from skmiaug import MIGANAugmenter, TransformerFeatures

EMOTIONS = {
    "W": "anger",
    "L": "boredom",
    "E": "disgust",
    "A": "fear",
    "F": "happiness",
    "T": "sadness",
    "N": "neutral",
}
here = Path.cwd()
shared = next(
    (
        p / "shared"
        for p in (here, *here.parents)
        if (p / "shared/data/emodb_flac").is_dir()
    ),
    None,
)
if shared is None:
    raise SystemExit("This example needs shared/data/emodb_flac next to the repository.")

paths = np.array(sorted(map(str, (shared / "data/emodb_flac").glob("*.flac"))))
names = [Path(path).stem for path in paths]
y = np.array([EMOTIONS[name[5]] for name in names])
speakers = np.array([name[:2] for name in names])
for emotion, count in zip(*np.unique(y, return_counts=True), strict=True):
    print(f"{emotion:10s} {count:4d} clips")

# %%
# The pipeline
# ------------
# The model is loaded when the first clip is transformed. With ``cache_dir`` each clip is
# encoded once for all folds, grids and later runs: the ten folds below take one pass over
# the audio.

model = Pipeline(
    [
        (
            "features",
            TransformerFeatures(
                model=shared / "models/whisper-base-encoder",
                layer=3,
                pooling="mean",
                cache_dir=Path(tempfile.gettempdir()) / "skmiaug-example-features",
            ),
        ),
        ("scale", StandardScaler()),
        ("balance", MIGANAugmenter(random_state=0)),
        ("classify", LogisticRegression(C=0.1, max_iter=1000)),
    ]
)

# %%
# Leave one speaker out
# ---------------------
# The score is the unweighted average recall (UAR): the mean of the recalls of the seven
# classes, so that rare emotions count as much as frequent ones.

predicted = cross_val_predict(model, paths, y, groups=speakers, cv=LeaveOneGroupOut())
uar = balanced_accuracy_score(y, predicted)
print(f"UAR, leave one speaker out: {uar:.3f}")

# %%
# Confusion matrix
# ----------------

figure, axes = plt.subplots(figsize=(6, 6))
ConfusionMatrixDisplay.from_predictions(
    y,
    predicted,
    normalize="true",
    values_format=".2f",
    xticks_rotation=45,
    ax=axes,
    colorbar=False,
)
axes.set_title(f"EmoDB, leave one speaker out: UAR {uar:.1%}")
figure.tight_layout()
plt.show()
