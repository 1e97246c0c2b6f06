"""Rollout logs: written by a trainer, read by `asrdiag rewards` and the explorer."""
