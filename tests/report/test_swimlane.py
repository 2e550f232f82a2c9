"""The swim lane: every node in its lane, every name within its box."""

import itertools
import re
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agentaudit.model.finding import Severity
from agentaudit.model.threat import AttackPath
from agentaudit.report.page.swimlane import step_words, swimlane, wrapped
from tests.report import samples


def arrows(path: AttackPath) -> int:
    return len(re.findall(r'class="edge(?: unsure)?"', swimlane(path, prefix="p").svg))


def test_a_path_is_drawn_with_a_lane_for_each_zone() -> None:
    path = samples.threat_path("p", Severity.HIGH)
    svg = swimlane(path, prefix="path-1").svg
    root = ET.fromstring(svg)  # noqa: S314, drawn here

    assert root.get("viewBox") == "0 0 980 468"
    assert len(re.findall(r'class="lane', svg)) == len({node.zone for node in path.nodes})
    assert svg.count('class="node"') == len(path.nodes)
    assert svg.count('class="edge unsure"') == 1


def test_boxes_of_one_lane_do_not_touch() -> None:
    """Boxes reach into neighbouring columns only where these stand in other lanes."""
    path = samples.threat_path("p", Severity.HIGH)
    found = re.findall(
        r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="50"',
        swimlane(path, prefix="p").svg,
    )
    boxes = sorted((float(y), float(x), float(width)) for x, y, width in found)
    gaps = [
        right[1] - left[1] - left[2]
        for left, right in itertools.pairwise(boxes)
        if left[0] == right[0]
    ]

    assert min(gaps) > 10
    assert max(x + width for _, x, width in boxes) <= 980


def test_only_steps_that_exist_are_drawn() -> None:
    """An arrow that no evidence stands for would be a claim; so the edges decide, not the order."""
    chain = samples.nodes()
    ahead, back, again = (
        replace(samples.edges()[0], src=chain[src].id, dst=chain[dst].id)
        for src, dst in ((1, 4), (5, 2), (3, 3))
    )
    elsewhere = replace(samples.edges()[0], dst="resource:elsewhere")
    lonely = samples.threat_path("p", Severity.LOW, nodes=chain[:1], edges=())
    bare = samples.threat_path("p", Severity.LOW, edges=())
    bent = samples.threat_path("p", Severity.LOW, edges=(ahead, back, again, elsewhere))

    assert arrows(lonely) == 0
    assert arrows(bare) == 0
    assert arrows(bent) == 2


def test_a_label_at_the_right_edge_stands_left_of_its_arrow() -> None:
    chain = tuple(
        replace(node, zone=zone)
        for node, zone in zip(samples.nodes()[:6], ("Z0", "Z2") * 3, strict=True)
    )
    last = replace(samples.edges()[4], kind="authenticates_as")
    svg = swimlane(
        samples.threat_path("p", Severity.LOW, nodes=chain, edges=(last,)), prefix="p"
    ).svg

    assert 'text-anchor="end" class="hint">authenticates as' in svg


def test_edges_read_in_the_direction_of_the_flow() -> None:
    assert step_words("visible_to") == "can read"
    assert step_words("executes_on") == "executes on"


def test_a_hostile_name_stays_a_name() -> None:
    node = replace(samples.nodes()[0], name='"><script>', zone='Z9"><x>')
    path = samples.threat_path("p", Severity.LOW, nodes=(node,), edges=())

    assert "<script>" not in swimlane(path, prefix="p").svg


@given(st.text(), st.integers(min_value=4, max_value=30))
def test_names_never_leave_their_box(name: str, width: int) -> None:
    lines = wrapped(name, width)

    assert len(lines) <= 2
    assert all(len(line) <= width for line in lines)


def test_names_break_where_words_do() -> None:
    assert wrapped("AWS_SECRET_ACCESS_KEY", 12) == ("AWS_SECRET_", "ACCESS_KEY")
    assert wrapped("arn:aws:s3:::customer-exports/*", 14) == ("arn:aws:s3:::", "customer-expo…")
