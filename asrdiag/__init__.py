"""Evaluates and diagnoses speech recognition under adverse acoustics."""

__version__ = "0.1.0"
