"""What is said of the machine and of the target, and what is not."""

import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.probes.host import SystemLoad, clock_pair, host, redacted, target


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["python", "agent.py"], "python agent.py"),
        (["agent", "--api-key", "hunter2", "x"], "agent --api-key [redacted] x"),
        (["agent", "--token=hunter2"], "agent --token=[redacted]"),
        (["OPENAI_API_KEY=hunter2", "agent"], "OPENAI_API_KEY=[redacted] agent"),
        (["agent", "postgres://me:hunter2@db/x"], "agent postgres://[redacted]@db/x"),
        (["curl", "-H", "Authorization: Bearer hunter2"], "curl -H Authorization: [redacted]"),
        (["agent", "https://h/?a=b&api_key=hunter2"], "agent https://h/?a=b&api_key=[redacted]"),
        (["agent", "--pass", "hunter2", "x"], "agent --pass [redacted] x"),
        (["curl", "-u", "me:hunter2"], "curl -u [redacted]"),
        (["sh", "-c", "A=1 API_KEY=hunter2 agent"], "sh -c A=1 API_KEY=[redacted]"),
        (["agent --token hunter2"], "agent --token [redacted]"),
        (["agent", '{"token": "hunter2"}'], 'agent {"token": [redacted]'),
        (["agent", "Server=db;Password=hunter2"], "agent Server=db;Password=[redacted]"),
        (["agent", "a" * 31 + "7"], "agent [redacted]"),
        (["agent", "--passes", "3", "-u", "x"], "agent --passes 3 -u x"),
        (["agent", "x" + "-hunter2" * 100], None),
    ],
)
def test_a_command_line_is_shown_without_secrets(arguments: list[str], shown: str | None) -> None:
    text = redacted(arguments)

    assert text == shown if shown else text.endswith("…")


@given(st.text(alphabet="abcdefghij0123456789", min_size=20, max_size=40))
def test_what_is_shaped_like_a_key_is_never_shown(body: str) -> None:
    assert body not in redacted(["agent", f"sk-{body}"])
    assert body not in redacted(["agent", "--password", body])


def test_bytes_that_are_no_text_can_be_written() -> None:
    assert redacted(["agent", "\udcff"]).encode() == b"agent ?"


def test_the_machine_and_ourselves() -> None:
    here = host(("H200",), "")
    ourselves = target(os.getpid(), launched=False)

    assert here.cores >= 1
    assert here.memory_bytes > 2**20
    assert re.fullmatch(r"CPython 3\.\d+", ourselves.runtime)
    assert ourselves.started_at_unix_ns > 0


def test_a_process_that_is_gone_has_no_description() -> None:
    assert target(4194305, launched=False).command == ""


def test_the_clocks_are_read_together() -> None:
    first, second = clock_pair(), clock_pair()

    assert second.monotonic_ns >= first.monotonic_ns
    assert first.unix_ns > 1_600_000_000_000_000_000


def test_the_load_of_the_system_is_a_share() -> None:
    load = SystemLoad()

    assert 0 <= load.busy() <= 1
