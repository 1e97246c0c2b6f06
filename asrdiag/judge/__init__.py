"""Meaning judged by a language model."""
