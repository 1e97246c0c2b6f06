"""Similarity of meaning: cosines of sentence embeddings, beside the counts of wrong words."""

from .measured import Measured, measured_in
from .model import EmbeddingModel, find_model
from .scorer import SemanticScorer

__all__ = ["EmbeddingModel", "Measured", "SemanticScorer", "find_model", "measured_in"]
