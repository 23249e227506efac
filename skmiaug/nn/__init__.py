"""Small torch modules."""

# ruff: noqa: F401 (the imports are the names of this package)

from skmiaug.nn._gan import (
    ContrastiveHeads,
    Critic,
    CriticOutput,
    GaussianHead,
    ResidualGenerator,
    StackedLinear,
    hidden_stack,
    load_model,
    stack_modules,
)
from skmiaug.nn._projection import (
    AlignmentNetwork,
    AlignmentOutput,
    ProjectionHead,
    on_sphere,
    shared_code,
)
from skmiaug.nn._timesteps import (
    BACKBONES,
    POOLINGS,
    Drop,
    SequenceHead,
    TimestepArchitecture,
    TimestepEncoder,
    channel_dropout,
    keep_all,
    pool_timesteps,
    pooled_width,
    rotary_angles,
    rotate,
)
