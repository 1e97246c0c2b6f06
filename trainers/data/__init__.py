"""Training data: graded by what a base system makes of it, split, and checked against evaluation sets."""
