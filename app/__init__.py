"""The error explorer."""
