"""Suites: what to run, read strictly from YAML."""

from .load import find_suite, load_suite, packaged_suites
from .schema import Suite

__all__ = ["Suite", "find_suite", "load_suite", "packaged_suites"]
