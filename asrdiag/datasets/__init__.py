"""Dataset loaders by name. A new one is a file in this folder and a line here."""

from ..registry import Registry

DATASETS = Registry(
    "dataset loader",
    "asrdiag.datasets",
    {
        "demo": "asrdiag.datasets.demo:DemoSpec",
        "manifest": "asrdiag.datasets.manifest:ManifestSpec",
        "aishell1": "asrdiag.datasets.aishell1:Aishell1Spec",
        "common_voice": "asrdiag.datasets.common_voice:CommonVoiceSpec",
        "fleurs": "asrdiag.datasets.fleurs:FleursSpec",
        "librispeech": "asrdiag.datasets.librispeech:LibriSpeechSpec",
        "voxpopuli": "asrdiag.datasets.voxpopuli:VoxPopuliSpec",
        "wenetspeech": "asrdiag.datasets.wenetspeech:WenetSpeechSpec",
    },
)
