"""Reinforcement learning: DG-WGPO, that is DAPO on a speech model with the rewards of `asrdiag.metrics`."""
