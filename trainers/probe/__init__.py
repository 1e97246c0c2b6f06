"""Which temperature to sample at: the policy that a training would start from, tried at several."""
