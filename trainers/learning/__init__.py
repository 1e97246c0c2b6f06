"""What supervised training, reinforcement learning and the probe share."""
