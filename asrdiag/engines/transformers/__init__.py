"""Recognisers that Hugging Face transformers loads: one spec, one recogniser, an adapter for each family.

Nothing here imports torch or transformers before a system is opened.
"""
