"""
Pretraining on speech without labels
====================================

There are few emotion labels and much speech. :class:`~skmiaug.MaskedTimestepEncoder` is
trained to restore masked timesteps on audio of two corpora, without labels;
:class:`~skmiaug.SequenceEmotionClassifier` then learns emotions from 50 labelled clips or
more. The baseline is the same network with random initial weights, trained on the same
clips with the same seeds: the comparison of arXiv 2307.12343, on other data.

The corpora are EmoDB (German) and nEMO (Polish), both acted. The inputs of the network are
hidden states of Whisper's encoder, layer 3, ten for each second. Test speakers are in
neither pretraining nor training.

Each network is trained in a suitable way: the pretrained one begins with the best linear
head on its embeddings and a low learning rate, the other with a head of zeros (both are the
defaults of ``head_penalty`` and ``encoder_learning_rate``) and twice the steps.

Features, network, masks and schedule were chosen on both corpora, so that differences of a
few points mean little. The whole study takes more than half an hour on one core, and about
two minutes with ``SKMIAUG_EXAMPLES=short``, whose numbers mean nothing.
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
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from transformers import AutoFeatureExtractor, AutoModel

from skmiaug import MaskedTimestepEncoder, SequenceEmotionClassifier

short = os.environ.get("SKMIAUG_EXAMPLES") == "short"
here = Path.cwd()
folders = [parent / "shared" for parent in (here, *here.parents)]
shared = next((p for p in folders if (p / "data/emodb_flac").is_dir()), None)
if shared is None:
    raise SystemExit("This example needs shared/data/emodb_flac next to the repository.")

emodb = sorted((shared / "data/emodb_flac").glob("*.flac"))
with open(shared / "data/nemo_flac/data.tsv", newline="", encoding="utf-8") as file:
    nemo = list(csv.DictReader(file, delimiter="\t"))
paths = emodb + [shared / "data/nemo_flac/samples" / row["file_id"] for row in nemo]
speaker = np.array([p.stem[:2] for p in emodb] + [row["speaker_id"] for row in nemo])
is_emodb = np.arange(len(paths)) < len(emodb)
emotion = np.array([p.stem[5] for p in emodb] + [row["emotion"] for row in nemo])
of_nemo = np.unique(speaker[~is_emodb])
GROUPS = {
    "nEMO": [of_nemo[i::3] for i in range(3)],
    "EmoDB": [("03", "08"), ("09", "10"), ("11", "12"), ("13", "14"), ("15", "16")],
}

if short:
    GROUPS = {"EmoDB": GROUPS["EmoDB"][:1]}
    kept = np.isin(speaker, ["03", "08", "13", "14"])
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
    features = extractor(
        [audio], sampling_rate=RATE, return_tensors="pt", max_length=(n_frames + 2) * FRAME
    )
    log_mel = features["input_features"][..., : 2 * n_frames]
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
    computed = [hidden_states(path, extractor, encoder) for path in paths]
    lengths = np.array([len(states) for states in computed])
    states = np.concatenate(computed).astype(np.float16)
    np.savez(cache, states=states, lengths=lengths)
stored = np.load(cache)
clips = np.split(stored["states"].astype(np.float32), np.cumsum(stored["lengths"])[:-1])
print(f"{len(clips)} clips of {stored['lengths'].mean():.0f} timesteps on average")

# %%
# The study
# ---------
# Speakers are tested in groups: the five pairs of EmoDB's sessions, three groups of three
# of nEMO. For each group the encoder is pretrained on all other speakers, without labels,
# and both networks are trained on the same random subsets of labelled clips. The score is
# the unweighted average recall (UAR) on the group. A second baseline needs no sequences: a
# logistic regression on the mean of the hidden states of each clip.

SHAPE = {"hidden_size": 64 if short else 256, "n_layers": 2}
SIZES = [50, None] if short else [50, 100, None]  # None: all of them
SEEDS = range(2 if short else 5)
ARMS = ["random weights", "pretrained", "logistic regression"]
means = np.stack([clip.mean(axis=0) for clip in clips])


def fine_tuned(pretrained, train, seed):
    """A network trained on the labels of the clips ``train``."""
    classifier = SequenceEmotionClassifier(
        pretrained=pretrained,
        **({} if pretrained is not None else SHAPE),
        class_weight="balanced",
        batch_size=16,
        max_iter=20 if short else 100 if pretrained is None else 50,
        random_state=seed,
    )
    return classifier.fit([clips[i] for i in train], emotion[train])


def recalls(pretrained, train, test, seed):
    """UAR of each arm, (3,), after training on the clips ``train``."""
    regression = LogisticRegression(C=0.01, class_weight="balanced", max_iter=500)
    line = make_pipeline(StandardScaler(), regression).fit(means[train], emotion[train])
    predicted = [
        fine_tuned(encoder, train, seed).predict([clips[i] for i in test])
        for encoder in (None, pretrained)
    ]
    predicted.append(line.predict(means[test]))
    return [balanced_accuracy_score(emotion[test], labels) for labels in predicted]


def study(group, corpus):
    """UAR in % on one group, (size, seed, arm), and how well timesteps are restored."""
    tested = np.isin(speaker, group)
    test = np.flatnonzero(tested)
    labelled = np.flatnonzero(~tested & corpus)
    pretrained = MaskedTimestepEncoder(
        **SHAPE,
        max_iter=100 if short else 600,
        batch_size=64,
        validation_fraction=0,
        random_state=0,
    ).fit([clips[i] for i in np.flatnonzero(~tested)])
    scores = np.empty((len(SIZES), len(SEEDS), len(ARMS)))
    for k, seed in enumerate(SEEDS):
        order = np.random.default_rng(seed).permutation(labelled)
        for i, size in enumerate(SIZES):
            scores[i, k] = recalls(pretrained, order[:size], test, seed)
    return 100 * scores, pretrained.score([clips[i] for i in test])


def interval(differences):
    """Half the width of the 95 % interval of the mean, by Student's t."""
    n = len(differences)
    return stats.t.ppf(0.975, n - 1) * stats.sem(differences) if n > 1 else np.nan


def show(name, scores, restored):
    """Print the means and the paired differences of one corpus."""
    print(f"\n{name}: timesteps are restored {restored:.0%} better than by interpolation")
    print("labels  random  pretrained  linear   pretrained - random, by seeds, by groups")
    for size, score in zip(SIZES, scores, strict=True):
        random, pretrained, line = score.mean(axis=(0, 1))
        difference = score[..., 1] - score[..., 0]
        print(
            f"{size or 'all':>6} {random:7.1f} {pretrained:11.1f} {line:7.1f}   "
            f"{difference.mean():+.1f} ± {interval(difference.mean(axis=0)):.1f}"
            f" ± {interval(difference.mean(axis=1)):.1f}"
        )


# %%
# Results
# -------
# Differences between the networks are paired. The first interval treats the seeds as
# independent draws (labelled clips and training), each averaged over the groups; the second
# the groups (test speakers), each averaged over the seeds.

results = {}
for name, groups in GROUPS.items():
    corpus = is_emodb if name == "EmoDB" else ~is_emodb
    of_groups = [study(group, corpus) for group in groups]
    results[name] = np.stack([scores for scores, _ in of_groups], axis=1)
    show(name, results[name], np.mean([restored for _, restored in of_groups]))

# %%
# Bars are standard errors of each mean over the seeds, which vary more than the paired
# difference.

figure, axes = plt.subplots(1, len(results), figsize=(5 * len(results), 4.2), squeeze=False)
for axis, (name, scores) in zip(axes[0], results.items(), strict=True):
    corpus = is_emodb if name == "EmoDB" else ~is_emodb
    n_all = int((corpus & ~np.isin(speaker, GROUPS[name][-1])).sum())
    places = [size or n_all for size in SIZES]
    for arm, marker in enumerate("os^"):
        by_seed = scores[..., arm].mean(axis=1)
        style = {"linestyle": ":", "color": "grey"} if arm == 2 else {}
        error, middle = stats.sem(by_seed, axis=1), by_seed.mean(axis=1)
        axis.errorbar(
            places, middle, error, marker=marker, capsize=3, label=ARMS[arm], **style
        )
    axis.set(xscale="log", xlabel="labelled clips", title=name)
    axis.set_xticks(places, [size or f"all ({n_all})" for size in SIZES])
    axis.minorticks_off()
axes[0, 0].set_ylabel("UAR on held-out speakers (%)")
axes[0, 0].legend()
figure.tight_layout()
figure.savefig(Path(tempfile.gettempdir()) / "masked_pretraining.png", dpi=120)
plt.show()
