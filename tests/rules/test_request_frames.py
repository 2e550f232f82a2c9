"""`--request-frame file.py:function`: what it matches, and what it refuses."""

import pytest

from agentaudit.errors import UsageError
from agentaudit.model.recording import Frame
from agentaudit.profiling.frames import FrameRules
from agentaudit.rules.request_frames import request_rules


@pytest.mark.parametrize(
    ("file", "function", "matches"),
    [
        ("/srv/app/worker.py", "Worker.handle", True),
        ("/venv/lib/python3.11/site-packages/app/worker.py", "Worker.handle", True),
        ("/srv/app/worker.py", "handle", True),
        ("/srv/app/coworker.py", "Worker.handle", False),
        ("/srv/app/worker.py", "Worker.close", False),
    ],
)
def test_a_named_function_is_a_request_frame_wherever_it_lives(
    file: str, function: str, *, matches: bool
) -> None:
    rules = FrameRules(request_rules(["app/worker.py:Worker.handle"]))

    found = rules.matching(Frame(file=file, function=function))

    assert bool(found) == matches


def test_all_of_a_class_can_be_named() -> None:
    rules = FrameRules(request_rules(["worker.py:Worker.*"]))

    assert rules.matching(Frame(file="/srv/app/worker.py", function="Worker.handle"))


@pytest.mark.parametrize("name", ["", "handle", "worker.py", "worker.py:", "worker:handle"])
def test_what_is_no_file_and_function_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=r"like app/worker\.py:Worker\.handle"):
        request_rules([name])
