"""Crews of CrewAI, whose agents stand in YAML and are put together in Python."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Known

CONFIG = """
writer:
  role: Writer
  goal: Write it down
  backstory: Writes.
"""
CREW = """
from crewai import Agent, Crew
from crewai.project import CrewBase, agent, crew

@CrewBase
class Desk:
    agents_config = "%s"

    @agent
    def writer(self) -> Agent:
        return Agent(config=self.agents_config["writer"]%s)

    @crew
    def crew(self) -> Crew:
        return Crew(agents=self.agents, tasks=self.tasks%s)
"""
FILE = "src/desk/config/agents.yaml"


def files(settings: str = "", own: str = "", crew: str = "") -> dict[str, str]:
    code = CREW % ("config/agents.yaml", own, crew)
    return {FILE: CONFIG + settings, "src/desk/crew.py": code}


@pytest.mark.parametrize(
    ("settings", "own", "crew", "bounds"),
    [
        ("", "", "", (25, Known.NONE, Known.NONE)),
        ("  max_iter: 5\n", "", "", (5, Known.NONE, Known.NONE)),
        ("  max_iter: 5\n  max_rpm: 9\n", ", max_iter=7", "", (7, Known.NONE, Known.SET)),
        ("  max_execution_time: 60\n", "", "", (25, Known.SET, Known.NONE)),
        ("", ", max_execution_time=60, max_rpm=5", "", (25, Known.SET, Known.SET)),
        ("", "", ", max_rpm=10", (25, Known.NONE, Known.SET)),
        ("", "", ", max_rpm=None", (25, Known.NONE, Known.NONE)),
    ],
)
def test_an_agent_is_what_its_yaml_and_its_code_say_together(
    settings: str, own: str, crew: str, bounds: tuple[int, Known, Known]
) -> None:
    (agent,) = deployment_of(files(settings, own, crew)).agents

    assert (agent.max_iterations_count, agent.timeout, agent.budget) == bounds
    assert [place.file for place in agent.evidence[:2]] == [FILE, "src/desk/crew.py"]


def test_its_yaml_may_lie_where_the_class_says() -> None:
    read = files("  max_iter: 5\n")
    code = read["src/desk/crew.py"].replace("config/agents.yaml", "../team.agents.yaml")
    moved = {"src/desk/crew.py": code, "src/desk/config/agents.yaml": read[FILE]}

    assert [agent.max_iterations_count for agent in deployment_of(moved).agents] == [5]
    assert len(deployment_of({"src/desk/crew.py": code}).agents) == 1


OWN = 'role="Lector", goal="Read", backstory="Reads"'


@pytest.mark.parametrize(
    ("method", "given", "files_of_it"),
    [
        ("writer", 'config=self.agents_config.get("writer")', 2),
        ("make", '**self.agents_config["writer"]', 2),
        ("make", 'role=team["agents"]["writer"]["role"], goal=team["agents"]["writer"]["goal"]', 2),
        ("make", 'role=self.agents_config["writer"]["role"].format(topic=topic)', 2),
        ("writer", OWN, 2),
        ("reader", OWN, 1),
        ("reader", 'config=self.agents_config["reader"]', 1),
        ("make", 'role=names["writer"], goal="Read"', 1),
    ],
)
def test_an_agent_of_yaml_and_code_is_one_however_the_code_takes_it(
    method: str, given: str, files_of_it: int
) -> None:
    code = CREW % ("config/agents.yaml", "", "")
    code = code.replace('config=self.agents_config["writer"]', given).replace(
        "def writer", f"def {method}"
    )
    agents = deployment_of({FILE: CONFIG, "src/desk/crew.py": code}).agents

    (of_yaml,) = (agent for agent in agents if agent.evidence[0].file == FILE)
    assert len({place.file for place in of_yaml.evidence}) == files_of_it
    assert len(agents) == 3 - files_of_it


@pytest.mark.parametrize(
    ("given", "kept", "open_ends"),
    [
        (", memory=True", 1, 0),
        (", memory=Memory(storage='./kept')", 1, 0),
        (", memory=False", 0, 0),
        ("", 0, 0),
        (", memory=remembers()", 1, 0),
        (", memory=REMEMBERS", 0, 1),
    ],
)
def test_a_crew_keeps_what_its_memory_is_switched_on_for(
    given: str, kept: int, open_ends: int
) -> None:
    deployment = deployment_of(files(crew=given))
    told = [end for end in deployment.unresolved if "memory" in end.what]

    assert [store.ttl for store in deployment.memory_stores] == [Known.NONE] * kept
    assert len(told) == open_ends


@pytest.mark.parametrize(
    ("settings", "own", "found"),
    [
        ("  respect_context_window: false\n", "", [Known.NONE]),
        ("", ", respect_context_window=False", [Known.NONE]),
        ("  respect_context_window: true\n", ", respect_context_window=True", []),
        ("", "", []),
    ],
)
def test_a_context_is_not_summarised_where_its_window_is_not_respected(
    settings: str, own: str, found: list[Known]
) -> None:
    stores = deployment_of(files(settings, own)).memory_stores

    assert [store.compaction for store in stores] == found
    assert all(store.ends_with_call for store in stores)


@pytest.mark.parametrize(
    ("folder", "bounds"), [("desk", Known.SET), ("other", Known.NONE)], ids=["its own", "another's"]
)
def test_the_rate_of_a_crew_is_that_of_agents_in_files_of_their_own(
    folder: str, bounds: Known
) -> None:
    agent = '{"role": "Writer", "goal": "Write", "backstory": "Writes.", "llm": "openai/x"}'
    crew = '{"agents": ["writer"], "max_rpm": 5}'
    files = {"desk/agents/writer.jsonc": agent, f"{folder}/crew.jsonc": crew}

    assert [each.budget for each in deployment_of(files).agents] == [bounds]
