"""
Pretraining on speech without labels
====================================

Labels of emotions are few, speech is plenty. :class:`~skmiaug.MaskedTimestepEncoder` is
trained to restore timesteps that were hidden from it, on audio of two corpora and without
a label; :class:`~skmiaug.SequenceEmotionClassifier` then learns emotions from 50 labelled
clips and up. Beside it stands the same network from a random start, trained on the same
clips with the same seeds: the comparison of arXiv 2307.12343, on other data.

The corpora are EmoDB (German) and nEMO (Polish), both acted. What the network sees are
hidden states of Whisper's encoder, layer 3, ten a second, on their 64 leading principal
directions. Speakers that are tested on are heard neither in pretraining nor in training.

Every choice (features, network, masks, schedule) was made on nEMO; the figures are of
EmoDB. All of it takes about 20 minutes on two cores, and under one with
``SKMIAUG_EXAMPLES=short``, whose figures mean nothing.
"""

# Needs: ../shared/data/emodb_flac
# Needs: ../shared/data/nemo_flac
# Needs: ../shared/models/whisper-base-encoder
# Needs: transformers

# %%
# Clips and speakers
# ------------------

import csv
import os
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import soundfile
import soxr
import torch
from scipy import stats
from sklearn.decomposition import PCA
from sklearn.metrics import balanced_accuracy_score
from transformers import AutoFeatureExtractor, AutoModel

from skmiaug import MaskedTimestepEncoder, SequenceEmotionClassifier

short = os.environ.get("SKMIAUG_EXAMPLES") == "short"
here = Path.cwd()
folders = [parent / "shared" for parent in (here, *here.parents)]
shared = next((p for p in folders if (p / "data/emodb_flac").is_dir()), None)
if shared is None:
    raise SystemExit("This example needs shared/data/emodb_flac beside the repository.")

emodb = sorted((shared / "data/emodb_flac").glob("*.flac"))
with open(shared / "data/nemo_flac/data.tsv", newline="", encoding="utf-8") as file:
    nemo = list(csv.DictReader(file, delimiter="\t"))
paths = emodb + [shared / "data/nemo_flac/samples" / row["file_id"] for row in nemo]
speaker = np.array([p.stem[:2] for p in emodb] + [row["speaker_id"] for row in nemo])
is_emodb = np.arange(len(paths)) < len(emodb)
emotion = np.array([p.stem[5] for p in emodb] + [row["emotion"] for row in nemo])
SESSIONS = [("03", "08"), ("09", "10"), ("11", "12"), ("13", "14"), ("15", "16")]

if short:
    kept = np.isin(speaker, [*SESSIONS[0], *SESSIONS[3]])
    paths = [path for path, keep in zip(paths, kept, strict=True) if keep]
    speaker, is_emodb, emotion = speaker[kept], is_emodb[kept], emotion[kept]

# %%
# Ten hidden states a second
# --------------------------
# The encoder runs on the clip's own frames of 20 ms, not on Whisper's window of 30 s, and
# five frames at a time are averaged.

RATE, FRAME, POOLED = 16000, 320, 5


@torch.inference_mode()
def hidden_states(path, extractor, encoder, layer=3):
    """Hidden states of one clip, (n_timesteps, 512)."""
    audio, rate = soundfile.read(path, dtype="float32")
    audio = soxr.resample(audio, rate, RATE)
    n_frames = -(-len(audio) // FRAME)
    made = extractor(
        [audio], sampling_rate=RATE, return_tensors="pt", max_length=(n_frames + 2) * FRAME
    )
    log_mel = made["input_features"][..., : 2 * n_frames]
    hidden = torch.nn.functional.gelu(encoder.conv1(log_mel))
    hidden = torch.nn.functional.gelu(encoder.conv2(hidden)).transpose(1, 2)
    hidden = hidden + encoder.embed_positions.weight[: hidden.shape[1]]
    for block in encoder.layers[:layer]:
        hidden = block(hidden, None)
        hidden = hidden[0] if isinstance(hidden, tuple) else hidden
    parts = np.array_split(hidden[0].numpy(), -(-n_frames // POOLED))
    return np.stack([part.mean(axis=0) for part in parts])


cache = Path(tempfile.gettempdir()) / f"skmiaug-whisper-{len(paths)}-clips.npz"
if not cache.exists():
    model = shared / "models/whisper-base-encoder"
    extractor = AutoFeatureExtractor.from_pretrained(model)
    encoder = AutoModel.from_pretrained(model, dtype=torch.float32).get_encoder().eval()
    made = [hidden_states(path, extractor, encoder) for path in paths]
    lengths = np.array([len(states) for states in made])
    np.savez(cache, states=np.concatenate(made).astype(np.float16), lengths=lengths)
stored = np.load(cache)
clips = np.split(stored["states"].astype(np.float32), np.cumsum(stored["lengths"])[:-1])
print(f"{len(clips)} clips of {stored['lengths'].mean():.0f} timesteps on average")

# %%
# The study
# ---------
# For each session of EmoDB (two speakers): everything else is pretrained on, and the same
# draws of labelled clips go to both networks. The score is the unweighted average recall
# (UAR) on the session. Restoring timesteps is scored beside straight lines between their
# neighbours, on the session's clips.

SHAPE = {"hidden_size": 64, "n_layers": 2}
SIZES = [50, None] if short else [50, 100, 200, None]  # None: all of them
SEEDS = range(2 if short else 5)
sessions = SESSIONS[:1] if short else SESSIONS


def uar(pretrained, train, test, seed):
    """Fine-tune on the clips ``train`` and score on ``test``."""
    shape = {} if pretrained is not None else SHAPE
    classifier = SequenceEmotionClassifier(
        pretrained=pretrained,
        **shape,
        class_weight="balanced",
        batch_size=16,
        max_iter=20 if short else 150,
        random_state=seed,
    )
    classifier.fit([features[i] for i in train], emotion[train])
    predicted = classifier.predict([features[i] for i in test])
    return balanced_accuracy_score(emotion[test], predicted)


scores = np.empty((len(SIZES), len(sessions), len(SEEDS), 2))
explained = []
for k, session in enumerate(sessions):
    tested = np.isin(speaker, session)
    unlabelled = np.flatnonzero(~tested)
    directions = PCA(64, whiten=True, random_state=0)
    directions.fit(np.concatenate([clips[i] for i in unlabelled]))
    features = [directions.transform(clip) for clip in clips]
    pretrained = MaskedTimestepEncoder(
        **SHAPE,
        max_iter=100 if short else 1500,
        batch_size=64,
        learning_rate=2e-3,
        n_iter_no_change=1000,
        random_state=k,
    ).fit([features[i] for i in unlabelled])
    test = np.flatnonzero(tested & is_emodb)
    explained.append(pretrained.score([features[i] for i in test]))
    labelled = np.flatnonzero(~tested & is_emodb)
    for seed in SEEDS:
        order = np.random.default_rng(seed).permutation(labelled)
        for i, size in enumerate(SIZES):
            for arm, start in enumerate((None, pretrained)):
                scores[i, k, seed, arm] = uar(start, order[:size], test, seed)
    print(f"session {k + 1}: restores {explained[-1]:.0%} better than straight lines")

# %%
# What came out
# -------------
# Differences are paired. The first interval takes the seeds for independent draws (which
# clips are labelled, how training goes), each averaged over the sessions; the second the
# sessions (which speakers are tested), each averaged over the seeds.


def interval(differences):
    """Half the width of the 95 % interval of the mean, by Student's t."""
    n = len(differences)
    return stats.t.ppf(0.975, n - 1) * stats.sem(differences) if n > 1 else np.nan


print(
    f"{'labels':>6s} {'random':>7s} {'pretr.':>7s}   difference, over seeds, over sessions"
)
names = ["all" if size is None else str(size) for size in SIZES]
for name, score in zip(names, 100 * scores, strict=True):
    difference = score[..., 1] - score[..., 0]
    print(
        f"{name:>6s} {score[..., 0].mean():7.1f} {score[..., 1].mean():7.1f}   "
        f"{difference.mean():+5.1f} ± {interval(difference.mean(axis=0)):.1f}"
        f" ± {interval(difference.mean(axis=1)):.1f}"
    )

places = [size or len(labelled) for size in SIZES]
figure, axis = plt.subplots(figsize=(6.5, 4.2))
for arm, (label, marker) in enumerate((("random start", "o"), ("pretrained", "s"))):
    by_seed = 100 * scores[..., arm].mean(axis=1)
    half = [interval(row) for row in by_seed]
    axis.errorbar(
        places, by_seed.mean(axis=1), yerr=half, marker=marker, capsize=3, label=label
    )
axis.set(xscale="log", xlabel="labelled clips", ylabel="UAR (%), speakers not heard before")
axis.set_xticks(places, names)
axis.minorticks_off()
axis.set_title(f"EmoDB: mean over {len(sessions)} sessions, 95 % over {len(SEEDS)} seeds")
axis.legend()
figure.tight_layout()
figure.savefig(Path(tempfile.gettempdir()) / "masked_pretraining.png", dpi=120)
plt.show()
