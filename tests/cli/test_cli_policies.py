"""Policies of one's own, from a Python file to the comparison; and the guide to them."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agentaudit.cli.main import app
from agentaudit.errors import AgentAuditError, InputError, UsageError

GUIDE = Path(__file__).parents[2] / "docs" / "policies.md"
WORKLOAD = """\
requests: 30
arrivals: poisson:4
machine: {cores: 2, calls: 2, kv_tokens: 100}
types:
  - {name: agent, steps: [{gpu: 200ms, tokens: 60}, {cpu: 300ms}, {gpu: 200ms, tokens: 80}]}
  - {name: chat, steps: [{gpu: 1s, tokens: 20}]}
"""
WORKING = """\
class Working:
    def __init__(self):
        self.waiting = []

    def arrived(self, request):
        self.waiting.append(request)

    def finished(self, request):
        pass

    def admit(self, now_ns):
        started, self.waiting = self.waiting, []
        return started
"""


@pytest.fixture
def workload(tmp_path: Path) -> Path:
    file = tmp_path / "w.yaml"
    file.write_text(WORKLOAD)
    return file


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return tmp_path / "mine.py"


def run(*arguments: object) -> Result:
    command = ["-q", "simulate", *map(str, arguments)]
    return CliRunner(env={"COLUMNS": "100"}).invoke(app, command)


def refused(error: type[AgentAuditError], workload: Path, policy: str) -> list[str]:
    """What is said when the policy is refused, without the folder of the file."""
    result = run("scheduler", workload, "-p", policy)

    assert isinstance(result.exception, error), result.exception
    folder = policy.rpartition("/")[0]
    return str(result.exception).replace(f"{folder}/", "").splitlines()


def test_the_examples_of_the_guide_run_beside_the_baseline(workload: Path, mine: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    mine.write_text("\n\n".join(blocks))
    policies = [
        f"{mine}:{name}" for name in re.findall(r"^class (\w+)", mine.read_text(), re.MULTILINE)
    ]
    shown = run("scheduler", workload, *(word for name in policies for word in ("-p", name)))

    assert shown.exit_code == 0
    assert len(policies) == 2
    for name in ("fcfs", "TakingTurns", "FirstCallsFirst"):
        assert name in shown.stdout
    assert "TakingTurns      cap=4" in shown.stdout
    assert "mas" not in shown.stdout.partition("Parameters")[2]


def test_the_table_of_the_guide_is_generated() -> None:
    """`agentaudit simulate policies --markdown` writes it."""
    table = run("policies", "--markdown").stdout

    assert GUIDE.read_text().endswith(table)


def test_the_list_says_what_each_does_and_where_it_comes_from() -> None:
    shown = run("policies").stdout

    assert "comb-open               COMB in open loop" in shown
    assert "arXiv:2604.26963" in shown
    assert max(len(line) for line in shown.splitlines()) <= 100


def test_a_policy_made_by_a_function_or_with_a_run_of_its_own(workload: Path, mine: Path) -> None:
    mine.write_text(
        f"{WORKING}\n\n"
        "class Apart:\n"
        "    name, parameters, source = 'apart', 'none', 'a book'\n\n"
        "    def admission(self):\n"
        "        return Working()\n\n\n"
        "def made():\n"
        "    return Apart()\n\n\n"
        "renamed = Working\n"
    )
    named = run("scheduler", workload, "-p", f"{mine}:made", "-p", f"{mine}:Working", "-p", "mas")

    assert named.exit_code == 0
    assert all(name in named.stdout for name in ("apart", "Working", "mas", "fcfs"))
    assert run("scheduler", workload, "-p", f"{mine}:renamed").exit_code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = (", ["mine.py:1: is no Python: '(' was never closed"]),
        ("class Y: ...", ["mine.py: there is no 'X' in it, as in mine.py:Y"]),
        ("X = 5", ["mine.py:1: X is neither a class nor a function that makes a policy"]),
        (
            "import os\nos.nothing\nclass X: ...",
            [
                (
                    "mine.py:2: cannot be executed: AttributeError: module 'os' has no attribute"
                    " 'nothing'"
                )
            ],
        ),
        (
            "class X:\n    def __init__(self):\n        1 / 0",
            ["mine.py:3: X() cannot be made: ZeroDivisionError: division by zero"],
        ),
        (
            (
                "class X:\n"
                "    def arrived(self, request): ...\n"
                "    def admit(self): ...\n"
                "    def step_end(self, request): ...\n"
                "    def admitted(self): ...\n"
            ),
            [
                "mine.py:1: X needs a method `finished(request)`",
                "mine.py:3: `admit` of X is called with (now_ns), which it cannot take",
                ("mine.py:4: X has `step_end`, which is no hook; is it meant to be `step_ended`?"),
            ],
        ),
    ],
)
def test_what_a_file_of_a_policy_lacks(
    workload: Path, mine: Path, text: str, said: list[str]
) -> None:
    mine.write_text(text)

    assert refused(InputError, workload, f"{mine}:X") == said


def test_files_that_cannot_be_read_and_names_that_are_missing(workload: Path, mine: Path) -> None:
    assert refused(InputError, workload, f"{mine}:X") == ["mine.py: no such file"]
    mine.write_bytes(b"\xff\xfe")
    assert "mine.py: cannot be read" in refused(InputError, workload, f"{mine}:X")[0]
    mine.write_text(WORKING)
    assert refused(InputError, workload, str(mine)) == [
        "mine.py: say which policy is meant, as in mine.py:Working"
    ]


def test_a_file_that_exits_has_not_passed(workload: Path, mine: Path) -> None:
    mine.write_text(f"{WORKING}\nraise SystemExit(0)\n")
    (said,) = refused(InputError, workload, f"{mine}:Working")

    assert said.endswith("cannot be executed: SystemExit: 0")


def test_names_are_told_apart(workload: Path, mine: Path) -> None:
    mine.write_text(WORKING + "    name = 'fcfs'\n")

    assert "called 'fcfs' already" in refused(UsageError, workload, f"{mine}:Working")[0]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            "        return [self.waiting[7]]\n",
            "mine.py:12: `admit` of Working fails: IndexError: list index out of range",
        ),
        (
            "        return None\n",
            (
                "mine.py:11: `admit` of Working answers None, and not a list of the requests that"
                " start now"
            ),
        ),
        (
            "        return self.waiting\n",
            (
                "the policy Working (mine.py:1) starts request 0, which does not wait: it has"
                " started before; at 0.225499 s 0 had finished and 1 were running"
            ),
        ),
        (
            "        return []\n",
            (
                "the policy Working (mine.py:1) never starts 30 of 30 requests; the first is"
                " request 0; at 7.34838 s 0 had finished and 0 were running"
            ),
        ),
        (
            (
                "        started, self.waiting = self.waiting, []\n"
                "        return started\n\n"
                "    def rank(self, call, now_ns):\n"
                "        return call.step.name or 'a'\n"
            ),
            "mine.py:15: `rank` of Working answers 'a', and not a number, or a tuple of numbers",
        ),
        (
            (
                "        started, self.waiting = self.waiting, []\n"
                "        return started\n\n"
                "    def rank(self, call, now_ns):\n"
                "        return float('nan')\n"
            ),
            "mine.py:15: `rank` of Working answers nan, and not a number, or a tuple of numbers",
        ),
        (
            "        raise SystemExit(0)\n",
            "mine.py:12: `admit` of Working fails: SystemExit: 0",
        ),
        (
            (
                "        started, self.waiting = self.waiting, []\n"
                "        return started\n\n"
                "    def keep_ns(self, call, now_ns):\n"
                "        return 0.5\n"
            ),
            "mine.py:15: `keep_ns` of Working answers 0.5, and not a whole number of nanoseconds",
        ),
        (
            (
                "        started, self.waiting = self.waiting, []\n"
                "        return started\n\n"
                "    @property\n"
                "    def wake_ns(self):\n"
                "        return self.nothing\n"
            ),
            (
                "mine.py:17: `wake_ns` of Working fails: AttributeError: 'Working' object has no"
                " attribute 'nothing'"
            ),
        ),
    ],
)
def test_what_a_policy_does_wrong_has_its_place(
    workload: Path, mine: Path, changed: str, said: str
) -> None:
    kept = WORKING.rpartition("        started,")[0]
    mine.write_text(kept + changed)

    assert refused(AgentAuditError, workload, f"{mine}:Working") == [said]


def test_all_hooks_are_passed_on(workload: Path, mine: Path) -> None:
    mine.write_text(
        f"{WORKING}\n"
        "    def rank(self, call, now_ns):\n"
        "        return -call.number\n\n"
        "    def keep_ns(self, call, now_ns):\n"
        "        return 10**9\n\n"
        "    def in_threads(self, request):\n"
        "        return request.heavy == 'gpu'\n\n"
        "    def step_began(self, request, step, now_ns):\n"
        "        self.parameters = 'heard'\n\n"
        "    def step_ended(self, request, step, now_ns):\n"
        "        assert self.parameters == 'heard'\n"
    )

    assert run("scheduler", workload, "-p", f"{mine}:Working").exit_code == 0


def test_a_recommendation_is_never_an_oracle(workload: Path, mine: Path) -> None:
    """And of one's own policies no caps are known that could be searched."""
    mine.write_text(WORKING)
    words = ("-p", f"{mine}:Working", "-p", "sjf", "-p", "sjf-oracle", "--replications", 4)
    shown = run("scheduler", workload, *words, "--recommend").stdout

    assert "Working" in shown
    assert "sjf-oracle" in shown
    assert "Use sjf-oracle" not in shown
    assert "sjf-oracle (cap=" not in shown
