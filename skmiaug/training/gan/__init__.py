"""Generator, critic and the loops that train them."""

# ruff: noqa: F401 (the imports are the names of this package)

from skmiaug.training.gan._batches import (
    GanBatch,
    GanBatches,
    Layout,
    Rows,
    WeightedRows,
    kernel_weight,
    sampling_weights,
)
from skmiaug.training.gan._distributed import ProcessGroup, SingleProcess
from skmiaug.training.gan._loop import (
    GanRecord,
    GanStack,
    StackBatches,
    StackedModel,
    stack_networks,
    train_gan,
    train_gan_stack,
)
from skmiaug.training.gan._networks import (
    GanNetworks,
    NetworkParameters,
    build_networks,
)
from skmiaug.training.gan._step import (
    GanWeights,
    discriminate,
    excess,
    gan_step,
    generate,
    heads_step,
    less_margin,
    pair_information,
    read_pairs,
)
