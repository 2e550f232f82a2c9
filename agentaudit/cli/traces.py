"""Traces as commands read them: recordings on disk, under the rules of the user and ours."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agentaudit.cli.collection import nothing_collected

if TYPE_CHECKING:
    from agentaudit.model.rule import LabelRules
    from agentaudit.model.trace import Trace


def read_trace(recording: Path, rules: "LabelRules") -> "Trace":
    """The trace of a recording on disk, also while it grows."""
    from agentaudit.profiling.attribution import trace_of
    from agentaudit.store.recording import read_recording

    with nothing_collected():
        return trace_of(read_recording(recording), rules)


def step_rules(folders: Sequence[Path], request_frames: Sequence[str] = ()) -> "LabelRules":
    """The user's rules for frames and spans, and ours after them."""
    from agentaudit.model.rule import LabelRules
    from agentaudit.rules import ours
    from agentaudit.rules.request_frames import request_rules

    steps, spans = ours.told_apart(folders)
    return LabelRules(
        frames=(*request_rules(request_frames), *ours.step_rules(steps)),
        spans=ours.span_rules(spans),
        programs=ours.program_rules(),
    )
