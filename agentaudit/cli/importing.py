"""Traces of other programs as recordings: which format it is, what is read, and what it lacks."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from agentaudit import __version__
from agentaudit.errors import IncompleteError, InputError, Problem, UsageError
from agentaudit.model.assumed import ASSUMED

if TYPE_CHECKING:
    from agentaudit.model.observed import SpanSeen
    from agentaudit.readers.traces.notes import Notes, Speed
    from agentaudit.readers.traces.rows import Row

OTLP = "otlp"


class Source(Struct, frozen=True):
    """What is read, and how."""

    files: tuple[Path, ...]
    form: str
    speed: "Speed | None"
    limit: int | None

    def spans(self, notes: "Notes") -> "Iterator[SpanSeen]":
        """The spans, of as many traces as are wanted."""
        traces: set[str] = set()
        for span in self._all(notes):
            if span.trace not in traces:
                if self.limit is not None and len(traces) >= self.limit:
                    continue
                traces.add(span.trace)
            yield span

    def _all(self, notes: "Notes") -> "Iterator[SpanSeen]":
        from agentaudit.readers.traces.formats import FORMATS
        from agentaudit.readers.traces.rows import rows_of

        rows = chain.from_iterable(rows_of(file) for file in self.files)
        if self.form == OTLP:
            return _otlp(rows, notes)
        return FORMATS[self.form].spans(rows, notes)


def _otlp(rows: "Iterator[Row]", notes: "Notes") -> "Iterator[SpanSeen]":
    """Each row a body of OTLP, as the Collector's file exporter writes them."""
    import msgspec

    from agentaudit.probes.spans.otlp import JSON, Reading, read_body
    from agentaudit.probes.spans.otlp_spans import OtlpError

    for row in rows:
        try:
            body = read_body(msgspec.json.encode(row.fields), JSON, Reading())
        except OtlpError as error:
            notes.wrong(row, f"is no OTLP: {error}")
            continue
        if body.refused:
            notes.wrong(row, f"holds {body.refused} spans without an id or a possible time")
        notes.unread |= body.unread
        yield from body.spans


class Survey(Struct):
    """What was found: nothing is written before all of it was read."""

    notes: "Notes"
    start_ns: int = 2**63
    end_ns: int = 0
    spans: int = 0
    traces: set[str] = field(default_factory=set)


def imported(source: Source, path: Path, *, allow_incomplete: bool) -> Survey:
    """All that the files hold, written to `path`."""
    from agentaudit.store.imported import imported_spans

    with imported_spans() as spans:
        survey = _surveyed(source, spans.add)
        _refuse_bad_rows(survey, allow=allow_incomplete)
        spans.write(
            path,
            source=source.form,
            extent_ns=(survey.start_ns, survey.end_ns),
            lacks=tuple(lacks(survey.notes)),
            unread=tuple(not_read(survey.notes)),
            tool_version=__version__,
        )
    return survey


def _surveyed(source: Source, keep: "Callable[[SpanSeen], None]") -> Survey:
    from agentaudit.readers.traces.notes import Notes, UnknownLengthError

    survey = Survey(Notes(speed=source.speed))
    try:
        for span in source.spans(survey.notes):
            keep(span)
            survey.start_ns = min(survey.start_ns, span.start_unix_ns)
            survey.end_ns = max(survey.end_ns, span.end_unix_ns)
            survey.spans += 1
            survey.traces.add(span.trace)
    except UnknownLengthError:
        raise UsageError(
            f"the format {source.form} says when calls came and how many tokens they had, and not"
            " how long they took: assume a model with --tokens-per-s PROMPT:GENERATED, such as"
            " 8000:60 (`agentaudit trace import` takes it for commands that do not)"
        ) from None
    return survey


def _refuse_bad_rows(survey: Survey, *, allow: bool) -> None:
    from agentaudit.lists import counted

    notes = survey.notes
    if notes.bad_rows and not allow:
        more = notes.bad_rows - len(notes.problems)
        last = notes.problems[-1]
        rest = (
            (Problem(file=last.file, message=f"and {counted(more, 'row')} more"),) if more else ()
        )
        hint = Problem(
            file=last.file,
            message="`agentaudit trace import --allow-incomplete` leaves such rows out",
        )
        raise InputError(*notes.problems, *rest, hint)
    if not survey.spans:
        raise IncompleteError("the files hold no operation that began and ended")


def lacks(notes: "Notes") -> Iterable[tuple[str, str]]:
    from agentaudit.lists import counted

    yield (
        "the trace was imported: nothing was measured",
        "CPU time, memory, GPU and energy of every step",
    )
    yield from notes.lacks.items()
    if notes.counts["assumed"] and notes.speed:
        speed = f"{notes.speed.prompt:g} tokens in, {notes.speed.generated:g} out a second"
        yield (f"{ASSUMED}{speed}", "how long model calls really took")
    if notes.counts["unended"]:
        unended = counted(notes.counts["unended"], "operation")
        yield (f"{unended} had not ended", "the true end of what had not ended")
    if notes.bad_rows:
        yield (f"{counted(notes.bad_rows, 'row')} could not be read", "what unreadable rows hold")


def not_read(notes: "Notes") -> Iterable[tuple[str, str]]:
    for what in sorted(notes.unread):
        yield (f"of the recording that was exported: {what}", "what could not be read of it")


def format_named(files: Sequence[Path], form: str) -> str:
    from agentaudit.readers.traces.formats import FORMATS, format_of
    from agentaudit.readers.traces.rows import rows_of

    known = (OTLP, *FORMATS)
    if form == "auto":
        form = OTLP if _is_otlp(files[0]) else ""
        found = None if form else format_of(rows_of(files[0]))
        if found is None and not form and not any(True for _ in rows_of(files[0])):
            raise InputError(Problem(file=str(files[0]), message="is empty: it holds no row"))
        if found is None and not form:
            raise InputError(
                Problem(
                    file=str(files[0]),
                    message=f"is in no format known here; --format takes {', '.join(known)}",
                )
            )
        form = found.name if found else form
    if form not in known:
        raise UsageError(f"no format is called {form!r}; known: auto, {', '.join(known)}")
    return form


def _is_otlp(file: Path) -> bool:
    from agentaudit.readers.traces.rows import rows_of

    return any("resourceSpans" in row.fields for row in islice(rows_of(file), 1))


def speed_of(asked: str | None) -> "Speed | None":
    from agentaudit.readers.traces.notes import Speed

    if asked is None:
        return None
    prompt, _, generated = asked.partition(":")
    try:
        speed = Speed(prompt=float(prompt), generated=float(generated))
    except ValueError:
        speed = Speed(prompt=0, generated=0)
    if not (0 < speed.prompt < float("inf") and 0 < speed.generated < float("inf")):
        raise UsageError(f"--tokens-per-s {asked}: give two numbers above 0, such as 8000:60")
    return speed
