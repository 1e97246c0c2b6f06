"""How each family of models is trained: what its parts are called, and how rows become batches."""
