"""The run directory: append-only samples, atomic everything else, one writer."""
