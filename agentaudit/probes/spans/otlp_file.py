"""
Spans from files of OTLP: what the file exporters of the Collector and of the SDKs write.

A line is a JSON object with `resourceSpans`; lines of metrics and logs are passed over. A file that
is one JSON document over many lines is read as a whole. Files are hostile input: lines and spans
have limits.
"""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from agentaudit.errors import InputError, Problem
from agentaudit.model.observed import SpanSeen
from agentaudit.model.recording import Record
from agentaudit.model.trace import Incident
from agentaudit.probes.spans.otlp import JSON, Reading, read_body
from agentaudit.probes.spans.otlp_spans import LARGEST_BODY, OtlpError

LARGEST_FILE = 4 * 1024**3
_MOST_SPANS = 5_000_000
_MOST_KEPT = 500_000
_MOST_PROBLEMS = 100
_SLACK_NS = 1_000_000_000


def spans_of_otlp_file(path: Path, reading: Reading | None = None) -> Iterator[SpanSeen]:
    """
    The spans of a file, in its order; at its end InputError with every line that is no OTLP.

    Raises InputError at once when the file cannot be read, or holds more than we take.
    """
    problems: list[Problem] = []
    count = 0
    for number, line in _documents(path):
        try:
            body = read_body(line, JSON, reading or Reading())
        except OtlpError as error:
            problems.append(Problem(file=str(path), line=number, message=str(error)))
            if len(problems) >= _MOST_PROBLEMS:
                break
            continue
        count += len(body.spans)
        if count > _MOST_SPANS:
            raise InputError(Problem(file=str(path), message=f"more than {_MOST_SPANS} spans"))
        yield from body.spans
        if body.refused:
            what = f"spans without an id, or with an end before their begin: {body.refused}"
            problems.append(Problem(file=str(path), line=number, message=what))
    if problems:
        raise InputError(*problems)


def _documents(path: Path) -> Iterator[tuple[int, bytes]]:
    """The documents of a file, each with its line: one a line, or one over all of them."""
    try:
        if path.exists() and not path.is_file():  # nobody waits for a pipe to be written
            raise InputError(Problem(file=str(path), message="is no file"))
        with path.open("rb") as file:
            if path.stat().st_size > LARGEST_FILE:
                what = f"is larger than {LARGEST_FILE // 2**30} GiB"
                raise InputError(Problem(file=str(path), message=what))
            if _over_many_lines(file):
                yield 1, _limited(file.read(LARGEST_BODY + 1), path, 1)
                return
            number = 0
            while line := file.readline(LARGEST_BODY + 1):
                number += 1
                if line.strip():
                    yield number, _limited(line, path, number)
    except OSError as error:
        problem = Problem(file=str(path), message=f"cannot be read: {error.strerror}")
        raise InputError(problem) from error


def _over_many_lines(file: IO[bytes]) -> bool:
    """Whether the first line opens a document that it does not end."""
    first = file.readline(LARGEST_BODY + 1).strip()
    file.seek(0)
    return first in (b"{", b"[") or (first.startswith(b"{") and not first.endswith(b"}"))


def _limited(document: bytes, path: Path, number: int) -> bytes:
    if len(document) > LARGEST_BODY:
        what = f"holds a document of more than {LARGEST_BODY // 2**20} MiB"
        raise InputError(Problem(file=str(path), line=number, message=what))
    return document


class SpanFiles:
    """Observes files that an agent's exporter writes, once: when the recording ends."""

    def __init__(self, paths: Sequence[Path], reading: Reading) -> None:
        self._paths = paths
        self._reading = reading
        self._since_unix_ns = time.time_ns()
        self._closed = False

    def look(self, now_ns: int, pids: Sequence[int]) -> Sequence[Record]:  # noqa: ARG002 -- an observer's
        return ()

    def close(self, now_ns: int) -> Sequence[Record]:
        if self._closed:
            return ()
        self._closed = True
        records: list[Record] = []
        for path in self._paths:
            records += self._read(path, now_ns)
        return records

    def _read(self, path: Path, now_ns: int) -> Iterator[Record]:
        """The spans of the time of the recording: such files may be months long."""
        kept = others = 0
        until_unix_ns = time.time_ns() + _SLACK_NS
        try:
            for span in spans_of_otlp_file(path, self._reading):
                now = (
                    self._since_unix_ns <= span.end_unix_ns and span.start_unix_ns <= until_unix_ns
                )
                if now and kept < _MOST_KEPT:
                    kept += 1
                    yield span
                else:
                    others += 1
        except InputError as error:
            lost = "the spans of what cannot be read in a file"
            yield _said(now_ns, str(error.problems[0]), lost)
        if others:
            yield _said(
                now_ns,
                f"{others:,} of {others + kept:,} spans in {path} are of another time, or too many",
                "the other spans of a file",
            )
        elif not kept:
            yield _said(now_ns, f"{path} holds no spans", "the steps that its spans would tell of")


def _said(at_ns: int, what: str, lost: str) -> Incident:
    return Incident(at_ns=at_ns, probe="spans", what=what, lost=lost)
