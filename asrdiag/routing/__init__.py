"""A router: a small classifier of clean against degraded audio, and the adapter that it switches."""
