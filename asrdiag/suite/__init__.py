"""Suites: what to run, read strictly from YAML."""

from .load import load_suite
from .packaged import find_suite, packaged_suites
from .schema import Suite

__all__ = ["Suite", "find_suite", "load_suite", "packaged_suites"]
