"""Dataset loaders by name. A new one is a file in this folder and a line here."""

from ..registry import Registry

DATASETS = Registry(
    "dataset loader",
    "asrdiag.datasets",
    {
        "demo": "asrdiag.datasets.demo:DemoSpec",
        "manifest": "asrdiag.datasets.manifest:ManifestSpec",
        "hf_dataset": "asrdiag.datasets.hf_dataset:HfDatasetSpec",
        "aishell1": "asrdiag.datasets.aishell1:Aishell1Spec",
        "chime4": "asrdiag.datasets.chime4:Chime4Spec",
        "common_voice": "asrdiag.datasets.common_voice:CommonVoiceSpec",
        "fleurs": "asrdiag.datasets.fleurs:FleursSpec",
        "librispeech": "asrdiag.datasets.librispeech:LibriSpeechSpec",
        "noizeus": "asrdiag.datasets.noizeus:NoizeusSpec",
        "vitw_bench": "asrdiag.datasets.vitw_bench:VitwBenchSpec",
        "voices": "asrdiag.datasets.voices:VoicesSpec",
        "voxpopuli": "asrdiag.datasets.voxpopuli:VoxPopuliSpec",
        "wenetspeech": "asrdiag.datasets.wenetspeech:WenetSpeechSpec",
    },
)
