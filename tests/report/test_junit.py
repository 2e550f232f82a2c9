"""JUnit as readers of CI take it, which refuse a report with anything that they do not know."""

from collections.abc import Iterator, Mapping
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from agentaudit.model.deployment import FileCoverage, FileStatus
from agentaudit.model.finding import LintResult, Severity, Suppression
from agentaudit.report.formats.junit import render_junit
from tests.report.test_findings_outputs import BOTH, finding, place, result


class Shape(Struct, frozen=True, kw_only=True):
    """What an element may hold."""

    needs: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()
    children: frozenset[str] = frozenset()
    texts: bool = False


def shape(needs: str = "", may: str = "", children: str = "", *, texts: bool = False) -> Shape:
    need, allow, hold = (frozenset(words.split()) for words in (needs, may, children))
    return Shape(needs=need, may=allow, children=hold, texts=texts)


TOLD = shape("", "type message", texts=True)
SHAPES: Mapping[str, Shape] = {
    "testsuites": shape("", "name time tests failures errors", "testsuite"),
    "testsuite": shape(
        "name tests failures errors",
        "group time skipped timestamp hostname id package file log url version",
        "testsuite properties testcase system-out system-err",
    ),
    "testcase": shape("name", "time classname group", "skipped error failure"),
    "failure": TOLD,
    "error": TOLD,
    "skipped": TOLD,
}
"""The schema of Jenkins' xUnit plugin (junit-10.xsd), for the elements that we write."""


def faults(element: ET.Element) -> Iterator[str]:
    known = SHAPES.get(element.tag)
    if known is None:
        yield f"an element {element.tag}"
        return
    given = set(element.attrib)
    yield from (f"{element.tag} lacks {name}" for name in known.needs - given)
    yield from (f"{element.tag} has {name}" for name in given - known.needs - known.may)
    if not known.texts and (element.text or "").strip():
        yield f"text in {element.tag}"
    for child in element:
        if child.tag not in known.children:
            yield f"{child.tag} in {element.tag}"
        yield from faults(child)


def parsed(shown: LintResult) -> ET.Element:
    written = render_junit(shown).encode("utf-8")
    return ET.fromstring(written)  # noqa: S314, our own output


@pytest.mark.parametrize("shown", [BOTH, result(), result(finding("held-key", Severity.LOW))])
def test_a_report_has_only_what_jenkins_knows(shown: LintResult) -> None:
    assert list(faults(parsed(shown))) == []


def test_the_shapes_refuse_what_the_schema_refuses() -> None:
    wrong = ET.fromstring(  # noqa: S314, our own text
        '<testsuites skipped="1"><testsuite name="a" tests="1" errors="0">'
        '<testcase name="a" file="b"><rest/></testcase></testsuite></testsuites>'
    )

    assert list(faults(wrong)) == [
        "testsuites has skipped",
        "testsuite lacks failures",
        "testcase has file",
        "rest in testcase",
        "an element rest",
    ]


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_of_others_is_xml(text: str) -> None:
    """Control characters and lone surrogates too, which no XML may hold, escaped or not."""
    hostile = f"a\x00\x0b\ud800\ufffe\uffff]]><!--{text}"
    open_ = replace(finding("held-key", Severity.HIGH), message=hostile, evidence=place(4, hostile))
    accepted = replace(open_, suppression=Suppression(kind="inline", reason=hostile))
    unread = FileCoverage(file=hostile, status=FileStatus.FAILED, reason=hostile)
    root = parsed(result(open_, accepted, coverage=(unread,)))

    assert list(faults(root)) == []
    assert [len(list(root.iter(tag))) for tag in ("failure", "skipped", "error")] == [1, 1, 1]
