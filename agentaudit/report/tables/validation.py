"""A validation on a terminal: predicted beside measured, by policy, and what it amounts to."""

from collections.abc import Iterator, Sequence
from statistics import median

from rich.text import Text

from agentaudit.lists import counted
from agentaudit.model.validation import Accuracy, Comparisons, ValidatedRun, Validation
from agentaudit.report.text import one_line, wrapped

_NARROWEST = 40
_MS = 1_000_000
Row = tuple[str, ...]


def render_validation(validation: Validation, *, width: int) -> Text:
    """The runs, their errors, comparisons between policies, and what to make of it."""
    width = max(width, _NARROWEST)
    text = Text()
    _append_prose(text, _opening(validation), width)
    text.append("\nMeasured and predicted, median of the repeats, ms\n", style="bold")
    _append_table(text, _latency_rows(validation))
    text.append("\nMean error, of each run\n", style="bold")
    _append_table(text, _error_rows(validation))
    if validation.foreknown_comparisons.pairs:
        text.append("\nBetween policies\n", style="bold")
        _append_table(text, _comparison_rows(validation))
    for title, sentences in (
        ("Warnings", validation.warnings),
        ("Assumptions", validation.assumptions),
    ):
        if sentences:
            text.append(f"\n{title}\n", style="bold")
        for sentence in sentences:
            _append_prose(text, sentence, width, first="- ")
    return text


def _opening(validation: Validation) -> str:
    own = validation.accuracy[0].own.errors
    known = validation.accuracy[0].foreknown.errors
    return one_line(
        f"{counted(len(validation.runs), 'real run')} of"
        f" {counted(validation.requests, 'request')} from {validation.workload_source}, arrivals"
        f" {validation.arrivals} (seed {validation.seed}), on {validation.machine.cores} cores:"
        f" P50 and P90 are predicted within {_percent(known.p50)} and {_percent(known.p90)} from"
        f" demands recorded before, and within {_percent(own.p50)} and {_percent(own.p90)} from the"
        " CPU time of the run itself."
    )


def _latency_rows(validation: Validation) -> Iterator[Row]:
    yield ("Policy", "P50", "foreknown", "own", "P90", "foreknown", "own")
    for item in validation.accuracy[1:]:
        runs = [run for run in validation.runs if run.policy == item.policy]
        yield (one_line(item.policy), *_medians(runs))


def _medians(runs: Sequence[ValidatedRun]) -> Iterator[str]:
    sides = [(run.measured, run.foreknown, run.own) for run in runs]
    for place in range(3):
        yield _ms(median(side[place].p50_ns for side in sides))
    for place in range(3):
        yield _ms(median(side[place].p90_ns for side in sides))


def _error_rows(validation: Validation) -> Iterator[Row]:
    yield ("Policy", "demands", "P50", "P90", "mean", "makespan", "bias of P50")
    for item in validation.accuracy:
        for kind, accuracy in (("foreknown", item.foreknown), ("own", item.own)):
            yield (one_line(item.policy), kind, *_errors(accuracy))


def _errors(accuracy: Accuracy) -> Iterator[str]:
    errors = accuracy.errors
    for error in (errors.p50, errors.p90, errors.mean, errors.makespan):
        yield _percent(error)
    yield f"{accuracy.bias * 100:+.1f}%"


def _comparison_rows(validation: Validation) -> Iterator[Row]:
    yield ("Demands", "pairs", "ratio error", "better one named", "where they differ by 10%")
    for kind, found in (
        ("foreknown", validation.foreknown_comparisons),
        ("own", validation.own_comparisons),
    ):
        yield (kind, *_comparison(found))


def _comparison(found: Comparisons) -> Row:
    return (
        f"{found.pairs}",
        _percent(found.ratio_error),
        f"{found.right} of {found.pairs}",
        f"{found.clear_right} of {found.clear_pairs}",
    )


def _percent(share: float) -> str:
    return f"{share * 100:.1f}%"


def _ms(nanoseconds: float) -> str:
    return f"{nanoseconds / _MS:,.1f}"


def _append_table(text: Text, rows: Iterator[Row]) -> None:
    """Columns as wide as their widest cell; the first to the left, numbers to the right."""
    table = list(rows)
    widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)]
    for row in table:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(size) for cell, size in zip(row[1:], widths[1:], strict=True)]
        style = "dim" if row is table[0] else ""
        text.append(f"{'  '.join(cells).rstrip()}\n", style=style)


def _append_prose(text: Text, sentence: str, width: int, *, first: str = "") -> None:
    for line in wrapped(one_line(sentence), width, first=first):
        text.append(f"{line}\n")
