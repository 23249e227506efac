"""Small players and batches of two or three modalities that go together."""

import math

import torch

from skmiaug.training import (
    GanWeights,
    JointBatches,
    JointLayout,
    JointPlayers,
    build_joint_players,
)

CODES, LATENT, RHO = 2, 3, 0.8


def toy_layout(*, conditioned=False, sizes=(3, 2)) -> JointLayout:
    return JointLayout(sizes, len(sizes) - conditioned)


def toy_joint_players(layout, *, gaussian_head=False, rate=2e-3, seed=0) -> JointPlayers:
    return build_joint_players(
        layout=layout,
        n_classes=2,
        latent_dim=LATENT,
        n_codes=CODES,
        generator_sizes=(16,),
        critic_sizes=(16,),
        gaussian_head=gaussian_head,
        generator_lr=rate,
        critic_lr=rate,
        seed=seed,
        device=torch.device("cpu"),
    )


def coherence(sizes) -> torch.Tensor:
    """The first column of each modality correlates with that of each other one by RHO."""
    C = torch.eye(sum(sizes))
    firsts = torch.cumsum(torch.tensor([0, *sizes[:-1]]), 0)
    for i in firsts:
        for j in firsts:
            if i != j:
                C[i, j] = RHO
    return C


def regression(C, layout, given) -> torch.Tensor:
    known = layout.columns(given, C.device)
    others = layout.columns(
        tuple(k for k in range(len(layout.sizes)) if k not in given), C.device
    )
    return torch.linalg.solve(C[known][:, known], C[known][:, others])


def toy_joint_batches(
    layout,
    *,
    spread=1.0,
    given_spread=None,
    batch_size=64,
    held_out=True,
    shrunken=1.0,
    counts=(60, 20),
    seed=0,
) -> JointBatches:
    """Classes apart in the first direction; ``shrunken`` times their means is the start."""
    sizes = layout.sizes
    C = coherence(sizes)
    factor = torch.linalg.cholesky(C)
    rng = torch.Generator().manual_seed(100)

    def some(classes):
        rows = torch.randn(len(classes), sum(sizes), generator=rng) @ factor.T
        rows[:, 0] += 2.0 * (classes - 0.5)
        return rows

    classes = torch.arange(2).repeat_interleave(torch.tensor(counts))
    rows = some(classes)
    row_means = torch.stack([rows[classes == c].mean(dim=0) for c in range(2)])
    held = torch.arange(2).repeat_interleave(15 if held_out else 0)
    return JointBatches(
        rows=rows,
        row_means=row_means,
        class_begin=torch.tensor([0, counts[0]]),
        class_count=torch.tensor(counts),
        means=shrunken * row_means,
        spread=spread,
        latent_width=LATENT + CODES,
        batch_size=batch_size,
        generator=torch.Generator().manual_seed(seed),
        layout=layout,
        factor=factor,
        regressions={g: regression(C, layout, g) for g in layout.subsets()},
        given_spread=given_spread,
        held_rows=some(held),
        held_classes=held,
    )


def toy_joint_weights(**changes) -> GanWeights:
    return GanWeights(
        **{"information": 1.0, "leash": 0.1, "entropy": math.log(2)} | changes
    )
