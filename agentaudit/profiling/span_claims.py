"""
What spans claim: the innermost leaf span of each instant, and the request that its root is.

Spans of one operation, reported by two instrumentations, are one claim: a leaf span within another
of its own kind adds nothing. What several leaf spans of a request did at once stays apart.
"""

from collections import defaultdict
from collections.abc import Callable, Container, Iterator, Mapping, Sequence

from msgspec import Struct, field

from agentaudit.model.observed import SpanSeen
from agentaudit.model.rule import SpanRule
from agentaudit.model.trace import LabelSource, StepKind
from agentaudit.profiling.evidence import LEAF_KINDS, SURE, Claim, Story, UnixClock

_Key = tuple[str, str]
KindOf = Callable[[SpanSeen], SpanRule | None]

_EMBEDDING = "embedding"
_INCOMPLETE = "incomplete"

_SLIVER_NS = 1_000_000
"""What another span leaves of the one around it, too short to be work of its own."""


class _Node(Struct, eq=False):
    """One span among the others of its trace."""

    span: SpanSeen
    rule: SpanRule | None
    start_ns: int
    end_ns: int
    within: bool = False
    """Whether it is a part of a leaf span of its own kind."""
    inner: list["_Node"] = field(default_factory=list)
    """The nearest leaf spans of other kinds within it."""
    same: list["_Node"] = field(default_factory=list)
    """The spans of its own kind within it: one operation, told more than once."""

    @property
    def kind(self) -> StepKind | None:
        """The kind of work that it claims; None of spans that only hold others."""
        rule = self.rule
        if rule is None or rule.self_time:
            return None
        return rule.kind if rule.exact or rule.kind in LEAF_KINDS else None

    @property
    def exact(self) -> bool:
        return self.rule is not None and self.rule.exact


class _Family(Struct, eq=False):
    """The spans of one root, the outermost first."""

    members: list[_Node]
    end_ns: int

    @property
    def head(self) -> _Node:
        return self.members[0]


class Dialect(Struct, frozen=True, kw_only=True):
    """How spans are read: what their kinds mean, on which clock they are, who reported them."""

    kind_of: KindOf
    clock: UnixClock
    source: LabelSource = LabelSource.OTEL
    traces: bool = True
    """True where one trace is one piece of work, however many roots of it were received."""


def span_claims(
    spans: Sequence[SpanSeen], dialect: Dialect, within_ns: tuple[int, int]
) -> tuple[list[Claim], list[Story]]:
    """The claims of all spans, cut to the recording, and the requests that they tell of."""
    nodes = {(span.trace, span.span): _node(span, dialect) for span in spans}
    _join(nodes)
    stories: list[Story] = []
    claims: list[Claim] = []
    for family in _families(nodes, dialect):
        if family.end_ns <= within_ns[0] or family.head.start_ns >= within_ns[1]:
            continue
        story = _story(family, dialect.source)
        if story is not None:
            stories.append(story)
        for node in family.members:
            if node.kind is not None and not node.within:
                claims += _claims(node, story, dialect.source, within_ns)
    return claims, stories


def _node(span: SpanSeen, dialect: Dialect) -> _Node:
    start_ns = dialect.clock.monotonic_ns(span.start_unix_ns)
    lasted_ns = max(span.end_unix_ns - span.start_unix_ns, 0)
    return _Node(span, dialect.kind_of(span), start_ns, start_ns + lasted_ns)


def _chain(key: _Key, nodes: Mapping[_Key, _Node], known: Container[_Key]) -> list[_Key]:
    """A span and its parents, up to one that is known. Circles are cut open anywhere."""
    path: dict[_Key, None] = {}
    while key in nodes and key not in known and key not in path:
        path[key] = None
        key = (key[0], nodes[key].span.parent)
    return list(path)


def _join(nodes: Mapping[_Key, _Node]) -> None:
    """Every leaf span finds the leaf span around it: as a part of it, or as work of its own."""
    around: dict[_Key, _Node | None] = {}
    for start in nodes:
        for key in reversed(_chain(start, nodes, around)):
            node = nodes[key]
            outer = around.get((key[0], node.span.parent))
            if node.kind is None:
                around[key] = outer
            elif outer is not None and outer.kind is node.kind:
                node.within = True
                around[key] = outer
                outer.same.append(node)
            else:
                around[key] = node
                if outer is not None:
                    outer.inner.append(node)


def _families(nodes: Mapping[_Key, _Node], dialect: Dialect) -> list[_Family]:
    """
    Spans by root. A root may be missing, because it has not ended yet: its children stay together.

    What lies within another root of the same trace belongs to that one.
    """
    roots: dict[_Key, _Key] = {}
    found: dict[_Key, list[_Node]] = defaultdict(list)
    for start in nodes:
        path = _chain(start, nodes, roots)
        if path:
            last = nodes[path[-1]].span
            above = (last.trace, last.parent) if last.parent else path[-1]
            root = roots.get(above, above)
            roots.update(dict.fromkeys(path, root))
        found[roots[start]].append(nodes[start])
    kept: dict[str, list[_Family]] = defaultdict(list)
    for members in sorted(found.values(), key=lambda members: min(map(_extent, members))):
        family = _Family(sorted(members, key=_extent), max(node.end_ns for node in members))
        of_trace = kept[family.head.span.trace]
        if dialect.traces and of_trace and of_trace[-1].end_ns >= family.end_ns:
            of_trace[-1].members += family.members
        else:
            of_trace.append(family)
    return [family for of_trace in kept.values() for family in of_trace]


def _extent(node: _Node) -> tuple[int, int]:
    return node.start_ns, -node.end_ns


def _story(family: _Family, source: LabelSource) -> Story | None:
    """The request that a root is; one call to a model or tool, with nothing around it, is none."""
    whole = [node for node in family.members if not node.within]
    if len(whole) == 1 and whole[0].kind is not None:
        return None
    told = next((node for node in whole if node.exact and node.kind is None), None)
    if told is not None:
        return _told_story(told, source)
    agents = (node.span.agent for node in family.members if node.span.agent)
    pids = (node.span.pid for node in family.members if node.span.pid)
    return Story(
        pid=next(pids, 0),
        start_ns=family.head.start_ns,
        end_ns=family.end_ns,
        name=next(agents, family.head.span.name),
        source=source,
    )


def _told_story(node: _Node, source: LabelSource) -> Story:
    """A request that is told as it stands."""
    return Story(
        pid=node.span.pid,
        start_ns=node.start_ns,
        end_ns=node.end_ns,
        name=node.span.agent or node.span.name,
        source=source,
        exact=True,
        complete=node.rule is None or node.rule.sub_kind != _INCOMPLETE,
    )


def _claims(
    node: _Node, story: Story | None, source: LabelSource, within_ns: tuple[int, int]
) -> Iterator[Claim]:
    """The stretches of a leaf span that no other leaf span within it takes."""
    reports = [part.span for part in (node, *node.same)]
    server_ns = max((span.server_ns or 0 for span in reports), default=0)
    tokens_in, tokens_out = _first(reports, "tokens_in"), _first(reports, "tokens_out")
    for start_ns, end_ns in _stretches(node, within_ns):
        yield Claim(
            start_ns=start_ns,
            end_ns=end_ns,
            kind=node.kind or StepKind.UNKNOWN,
            name=_name(reports),
            source=source,
            confidence=SURE[source],
            pid=node.span.pid,
            tid=node.span.tid,
            story=story,
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            server_ns=server_ns,
            on_device=_on_device(node),
            exact=node.exact,
            suspended=node.exact,  # it stands beside what its thread did at the same time
        )
        server_ns, tokens_in, tokens_out = 0, None, None  # said once of the whole


def _stretches(node: _Node, within_ns: tuple[int, int]) -> Iterator[tuple[int, int]]:
    at_ns, end_ns = max(node.start_ns, within_ns[0]), min(node.end_ns, within_ns[1])
    for inner in sorted(node.inner, key=_extent):
        if inner.start_ns - at_ns >= _SLIVER_NS and inner.start_ns < end_ns:
            yield at_ns, inner.start_ns
        at_ns = max(at_ns, inner.end_ns)
    if end_ns > at_ns and (end_ns - at_ns >= _SLIVER_NS or not node.inner):
        yield at_ns, end_ns


def _first(spans: Sequence[SpanSeen], count: str) -> int | None:
    return next((getattr(span, count) for span in spans if getattr(span, count) is not None), None)


def _name(reports: Sequence[SpanSeen]) -> str:
    """What a step is named after: the tool, the model, or what the span itself is called."""
    told = (span.tool or span.model for span in reports)
    return next((name for name in told if name), reports[0].name)


def _on_device(node: _Node) -> bool:
    """Whether a GPU may work for it: retrieval that embeds nothing needs none."""
    rules = [part.rule for part in (node, *node.same) if part.rule]
    return node.kind is not StepKind.RETRIEVAL or any(rule.sub_kind == _EMBEDDING for rule in rules)
