"""What all tests share: the rule for tests that need a system package."""

import os
import shutil
import signal
from collections.abc import Callable

import pytest
from hypothesis import settings

settings.register_profile("default", deadline=None)
settings.load_profile("default")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Started in the background, tests have interrupts ignored, and so has what they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def needs() -> Callable[[str, str], str]:
    """
    The path of a system program; the test is skipped, with what to install, where it is missing.

    With AGENTAUDIT_TESTS_REQUIRE_SYSTEM set (as the gate does) a missing program fails the test.
    """

    def found(program: str, package: str) -> str:
        path = shutil.which(program)
        if path is None and os.environ.get("AGENTAUDIT_TESTS_REQUIRE_SYSTEM"):
            pytest.fail(f"{program} is missing here; install the package {package}")
        if path is None:
            pytest.skip(f"{program} is missing: apt install {package}")
        return path

    return found
