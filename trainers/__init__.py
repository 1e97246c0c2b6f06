"""Training: graded data, supervised phases, the router. Each step reads a recipe.

Nothing here imports torch or transformers before a step runs.
"""
