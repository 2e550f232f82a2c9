"""Command lines as they are shown: without secrets, whatever the form they come in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.probes.processes.command_lines import redacted


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
        (
            ["redis-cli", "-h", "db", "-a", "hunter2", "get", "x"],
            "redis-cli -h db -a [redacted] get x",
        ),
        (["mysql", "-p", "hunter2"], "mysql -p [redacted]"),
        (["/usr/bin/mysqldump", "-phunter2", "db"], "/usr/bin/mysqldump -p[redacted] db"),
        (["sshpass", "-phunter2", "ssh", "h"], "sshpass -p[redacted] ssh h"),
        (["docker", "login", "-u", "me", "-p", "hunter2"], "docker login -u me -p [redacted]"),
        (["ldapsearch", "-w", "hunter2"], "ldapsearch -w [redacted]"),
        (["sqlcmd", "-P", "hunter2"], "sqlcmd -P [redacted]"),
        (["sh", "-c", "redis-cli -a hunter2 ping"], "sh -c redis-cli -a [redacted] ping"),
        (["sh", "-c", "mysql -u me -phunter2 db"], "sh -c mysql -u me -p[redacted] db"),
        (["sh", "-c", "mysql -p 'hunter2 too' db"], "sh -c mysql -p [redacted] db"),
        (["sh", "-c", "curl -u me:hunter2 h"], "sh -c curl -u [redacted] h"),
        (["ssh", "-p", "2222", "h"], "ssh -p 2222 h"),
        (["gunicorn", "-w", "4", "app"], "gunicorn -w 4 app"),
        (["sh", "-c", "ssh -p 2222 h; ls -a -l"], "sh -c ssh -p 2222 h; ls -a -l"),
        (["ls", "-a", "-l"], "ls -a -l"),
        (["python", "-path", "x"], "python -path x"),
        (["redis-cli", "-a"], "redis-cli -a"),
        ([], ""),
    ],
)
def test_a_command_line_is_shown_without_secrets(arguments: list[str], shown: str | None) -> None:
    text = redacted(arguments)

    assert text == shown if shown is not None else text.endswith("…")


@given(st.text(alphabet="abcdefghij0123456789", min_size=20, max_size=40))
def test_what_is_shaped_like_a_key_is_never_shown(body: str) -> None:
    assert body not in redacted(["agent", f"sk-{body}"])
    assert body not in redacted(["agent", "--password", body])


def test_bytes_that_are_no_text_can_be_written() -> None:
    assert redacted(["agent", "\udcff"]).encode() == b"agent ?"


@given(
    st.sampled_from(["-a", "-p", "-P", "-w", "--password", "--api-key"]),
    st.text(alphabet="abcxyz!@$%.,", min_size=8, max_size=30),
)
def test_what_follows_the_option_of_a_password_is_never_shown(option: str, secret: str) -> None:
    """In words of its own, and in a command that is one word."""
    assert secret not in redacted(["program", option, secret])
    assert secret not in redacted(["sh", "-c", f"program {option} {secret}"])


@given(st.lists(st.text(max_size=50), max_size=60))
def test_any_command_line_can_be_shown(arguments: list[str]) -> None:
    assert len(redacted(arguments)) <= 201


def test_a_long_hostile_command_line_takes_no_longer() -> None:
    """No pattern goes over the same text again and again."""
    for text in ("mysql " * 800, "-p " * 1300, "-u " * 1300 + ":", "mysql -" * 600, "token " * 680):
        redacted(["sh", "-c", text] * 16)
