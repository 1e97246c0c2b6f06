"""Suites that come with asrdiag."""
