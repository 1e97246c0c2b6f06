"""Checkpoints in other forms made into folders that transformers and peft load.

torch, transformers and safetensors are imported when something is imported, not before.
"""
