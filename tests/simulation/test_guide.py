"""The guide says what the program says."""

import re
import runpy
from pathlib import Path

import pytest

from agentaudit.errors import InputError
from agentaudit.readers.yaml import parse_yaml
from agentaudit.simulation.files.machine_file import parse_machine
from agentaudit.simulation.files.workload_file import parse_workload

ROOT = Path(__file__).parents[2]
WRONG = "foo: 1\nmachine: {foo: 1}\ntypes: [{foo: 1, name: a, steps: [{foo: 1, cpu: 1s}]}]"


@pytest.mark.slow
def test_every_example_of_the_guide_is_what_its_command_prints() -> None:
    """Renewed, the page is the same to the byte: `python docs/examples.py docs/simulate.md`."""
    text = (ROOT / "docs" / "simulate.md").read_text(encoding="utf-8")
    renewed = runpy.run_path(str(ROOT / "docs" / "examples.py"))["renewed"]

    assert renewed(text) == text


def test_what_may_stand_in_a_workload_file_stands_on_its_page() -> None:
    """The files of the page are read, and its tables have each word that the reader knows."""
    page = (ROOT / "docs" / "workloads.md").read_text(encoding="utf-8")
    workload, machine = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    parse_workload(parse_yaml("w.yaml", workload).root, file="w.yaml")
    parse_machine(parse_yaml("m.yaml", machine).root, file="m.yaml")
    with pytest.raises(InputError) as told:
        parse_workload(parse_yaml("w.yaml", WRONG).root, file="w.yaml")
    words = [word for known in re.findall(r"it has ([\w, ]+)", str(told.value))
             for word in known.split(", ")]  # fmt: skip

    assert len(words) > 20
    assert [word for word in words if not re.search(rf"^\| `{word}`", page, re.MULTILINE)] == []
