"""A plugin for ms-swift: `--external_plugins <this file> --reward_funcs dgwgpo`."""

from asrdiag.metrics.rewards.swift import register

if not __package__:  # executed as a file, not imported
    register()
