"""Dataset loaders by name. A new one is a file in this folder and a line here."""

from ..registry import Registry

DATASETS = Registry(
    "dataset loader",
    "asrdiag.datasets",
    {
        "demo": "asrdiag.datasets.demo:DemoSpec",
        "manifest": "asrdiag.datasets.manifest:ManifestSpec",
    },
)
