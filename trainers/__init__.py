"""Training: graded data, supervised phases, reinforcement, the router. Each step has a folder.

What supervised training, reinforcement learning and the temperature probe share is in `learning`.
Nothing here imports torch or transformers before a step runs.
"""
