"""Private names that several tests need: a module that moves changes this file alone."""

from skmiaug.over_sampling._migan import EVAL_INTERVAL
from skmiaug.over_sampling._pairing import combinations_of
from skmiaug.training.loop._cuda_graph import fixed_state, tensors_of
from skmiaug.utils._device import cpu_threads_for
from skmiaug.utils._random import isolated_torch_seed, torch_generator
from skmiaug.utils.files._memory_map import is_memory_mapped
from skmiaug.utils.files._tensor_file import read_tensor_file, write_tensor_file

__all__ = [
    "EVAL_INTERVAL",
    "combinations_of",
    "cpu_threads_for",
    "fixed_state",
    "is_memory_mapped",
    "isolated_torch_seed",
    "read_tensor_file",
    "tensors_of",
    "torch_generator",
    "write_tensor_file",
]
