import json

from asrdiag.simulation import CONDITIONS
from asrdiag.simulation.base import Samples

from .conftest import Corpus


def test_changes_nothing(corpus: Corpus, clean: Samples) -> None:
    spec = CONDITIONS.load("as_recorded").model_validate_json(
        json.dumps({"id": "clean", "kind": "as_recorded"})
    )
    (condition,) = spec.expand()
    assert (condition.id, condition.base_id, condition.kind) == ("clean", "clean", "as_recorded")
    assert condition.severity is None
    assert condition.snr_db is None
    assert condition.keeps_audio()
    assert spec.missing() is None
    assert condition.identity() == {"kind": "as_recorded"}
    degraded = condition.apply(clean, 16_000, corpus.source())
    assert degraded.samples is clean
    assert degraded.record == {"kind": "as_recorded"}
