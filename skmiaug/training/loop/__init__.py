"""What every training loop shares: checks, stopping, checkpoints, CUDA graphs."""
