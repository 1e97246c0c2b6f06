"""Holding a dataset on disk against what is known of it: counts, audio, texts."""
