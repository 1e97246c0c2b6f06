"""How the original Qwen3-ASR calls its weights, and how transformers calls them."""

_PROJECTOR = "model.multi_modal_projector"
_RENAMED = (  # the first that fits decides
    ("lm_head.", "lm_head."),
    ("audio_tower.proj1.", f"{_PROJECTOR}.linear_1."),
    ("audio_tower.proj2.", f"{_PROJECTOR}.linear_2."),
    ("audio_tower.", "model.audio_tower."),
    ("model.", "model.language_model."),
)
PREFIX = "thinker."


def native_name(original: str) -> str | None:
    """The name in transformers of a weight or module of the original's `thinker`.

    Args:
        original: with or without the leading `thinker.`.

    Returns:
        `None` for a name that the original does not have.

    >>> native_name("thinker.model.layers.0.mlp.up_proj.weight")
    'model.language_model.layers.0.mlp.up_proj.weight'
    >>> native_name("thinker.audio_tower.proj2.bias")
    'model.multi_modal_projector.linear_2.bias'
    >>> native_name("talker.model.norm.weight")
    """
    name = original.removeprefix(PREFIX)
    # The dot makes a module's name (`lm_head`) fit like a weight's (`lm_head.weight`).
    for old, new in _RENAMED:
        if f"{name}.".startswith(old):
            return f"{new}{f'{name}.'.removeprefix(old)}".removesuffix(".")
    return None
