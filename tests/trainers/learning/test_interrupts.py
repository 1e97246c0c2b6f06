"""What interrupts one process ends all of them."""

from types import SimpleNamespace

import pytest

from asrdiag.trainers.learning import interrupts
from asrdiag.trainers.progress import make_display


def test_a_signal_that_reaches_another_process_ends_this_one_too(monkeypatch):
    asked = [False, False]
    monkeypatch.setattr(interrupts, "PartialState", lambda: SimpleNamespace(num_processes=2))
    monkeypatch.setattr(interrupts, "gather_object", lambda mine: [*mine, asked[-1]])
    undisturbed = interrupts.Interrupts(make_display("none"))
    with undisturbed.listening():
        assert not undisturbed.share()
    asked[-1] = True
    late = interrupts.Interrupts(make_display("none"))
    with pytest.raises(KeyboardInterrupt), late.listening():
        pass  # it came after the last step of a stage: no process goes on to the next
