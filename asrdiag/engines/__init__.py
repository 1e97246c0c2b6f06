"""Recognisers by name. A new one is a file in this folder and a line here."""

from ..registry import Registry

ENGINES = Registry(
    "engine",
    "asrdiag.engines",
    {
        "moonshine": "asrdiag.engines.moonshine:MoonshineSpec",
        "pocketsphinx": "asrdiag.engines.pocketsphinx:PocketSphinxSpec",
        "openai": "asrdiag.engines.openai.spec:OpenAISpec",
        "predictions": "asrdiag.engines.predictions:PredictionsSpec",
        "transformers": "asrdiag.engines.transformers.spec:TransformersSpec",
        "vllm": "asrdiag.engines.vllm.spec:VllmSpec",
    },
)
