"""
One file of a dataset, summed up: read with pandas, a bounded number of rows at a time.

It runs here or on a worker of a cluster, and gives the same whole numbers. A file that cannot be
read, or does not hold what it promises, is a part with a problem and nothing else. pyarrow and
pandas stay within this module.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from agentaudit.model.dataset import (
    DATASET_VERSION,
    VERSION_KEY,
    Column,
    RecordingRow,
    columns,
)
from agentaudit.model.fleet import (
    KindTally,
    Part,
    TypeTally,
    part_of_recording,
    together,
)
from agentaudit.model.sketch import Sketch, bucket_of
from agentaudit.model.trace import StepKind
from agentaudit.store.dataset_files import DataFile

BATCH_ROWS = 65_536
MOST_TYPES = 10_000
_LARGEST = 2**62
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "steps": ("kind", "wall_ns", "cpu_ns", "gpu_ns"),
    "requests": ("type", "latency_ns", "complete", "cpu_ns", "gpu_ns", "llm_wall_ns"),
    "recordings": tuple(column.name for column in columns("recordings")),
}


class BadFileError(ValueError):
    """A file that does not hold what the dataset promises."""


def part_of_file(file: DataFile) -> Part:
    """What one file adds; a file that cannot be read adds a problem instead."""
    import pyarrow as pa  # noqa: PLC0415, heavy

    try:
        return together(_parts(file))
    except (BadFileError, pa.ArrowException, OSError) as error:
        said = " ".join(str(error).split())[:200]
        return Part(problems=(f"{file.table} of {file.host}, {file.day}: {said} ({file.path})",))


def _parts(file: DataFile) -> Iterator[Part]:
    for frame in _frames(file):
        match file.table:
            case "steps":
                yield _of_steps(file, frame)
            case "requests":
                yield _of_requests(file, frame)
            case _:
                yield _of_recordings(file, frame)


def _frames(file: DataFile) -> Iterator[Any]:
    """Its rows as data frames, with the columns that are needed alone."""
    import pyarrow.parquet as pq  # noqa: PLC0415, heavy

    with pq.ParquetFile(file.path) as table:
        _refuse_other_versions(table.schema_arrow.metadata or {})
        needed = _needed(file.table, table.schema_arrow)
        for column in needed:
            _refuse_wrong_column(table.schema_arrow, column)
        names = [column.name for column in needed]
        for batch in table.iter_batches(batch_size=BATCH_ROWS, columns=names):
            frame = batch.to_pandas()
            for column in needed:
                _refuse_wrong_values(frame[column.name], column)
            yield frame


def _refuse_other_versions(metadata: Mapping[bytes, bytes]) -> None:
    version = metadata.get(VERSION_KEY.encode(), b"1")
    if not version.isdigit() or int(version) > DATASET_VERSION:
        raise BadFileError(f"was written by a newer release (format {version[:9].decode()})")


def _needed(table: str, schema: Any) -> list[Column]:  # noqa: ANN401, pyarrow has no types
    """The columns that are summed up; one that was added later, only where it is."""
    return [
        column
        for column in columns(table)
        if column.name in _NEEDED[table] and (column.name in schema.names or not column.added)
    ]


def _refuse_wrong_column(schema: Any, column: Column) -> None:  # noqa: ANN401, pyarrow has no types
    from pyarrow import types  # noqa: PLC0415, heavy

    at = schema.get_field_index(column.name)
    if at < 0:
        raise BadFileError(f"has no column {column.name!r}")
    found = schema.field(at).type
    if types.is_dictionary(found):
        found = found.value_type
    fits = {
        int: types.is_integer(found),
        float: types.is_floating(found) or types.is_integer(found),
        bool: types.is_boolean(found),
        str: types.is_string(found) or types.is_large_string(found),
    }
    if not fits[column.type]:
        raise BadFileError(f"column {column.name!r} holds {found}, not {column.type.__name__}")


def _refuse_wrong_values(series: Any, column: Column) -> None:  # noqa: ANN401, a pandas Series
    if not column.nullable and bool(series.isna().any()):
        raise BadFileError(f"column {column.name!r} has gaps")
    if column.type is int and len(series) and not column.nullable:
        least, most = int(series.min()), int(series.max())
        if least < 0 or most > _LARGEST:
            raise BadFileError(f"column {column.name!r} holds {least if least < 0 else most}")


def _sum(series: Any) -> int:  # noqa: ANN401, a pandas Series
    """Exact: as machine numbers where they hold the sum, else one by one."""
    if not len(series):
        return 0
    if int(series.max()) * len(series) < _LARGEST:
        return int(series.sum())
    return sum(int(value) for value in series)


def _of_steps(file: DataFile, frame: Any) -> Part:  # noqa: ANN401, a data frame
    known = {kind.value for kind in StepKind}
    kinds = {}
    for kind, steps in frame.groupby("kind", observed=True):
        if kind not in known:
            raise BadFileError(f"holds steps of kind {str(kind)[:40]!r}")
        kinds[file.host, file.day, str(kind)] = KindTally(
            steps=len(steps),
            wall_ns=_sum(steps["wall_ns"]),
            cpu_ns=_sum(steps["cpu_ns"]),
            gpu_ns=_sum(steps["gpu_ns"]),
        )
    return Part(kinds=kinds)


def _of_requests(file: DataFile, frame: Any) -> Part:  # noqa: ANN401, a data frame
    types: dict[tuple[str, str, str], TypeTally] = {}
    for type_, requests in frame.groupby("type", observed=True):
        if len(types) >= MOST_TYPES:
            raise BadFileError(f"holds more than {MOST_TYPES:,} types of requests")
        whole = requests[requests["complete"]]
        buckets = Counter(map(bucket_of, map(int, whole["latency_ns"])))
        types[file.host, file.day, str(type_)] = TypeTally(
            requests=len(requests),
            whole=len(whole),
            cpu_ns=_sum(whole["cpu_ns"]),
            gpu_ns=_sum(whole["gpu_ns"]),
            llm_wall_ns=_sum(whole["llm_wall_ns"]),
            latencies=Sketch(counts=buckets),
        )
    return Part(types=types)


def _of_recordings(file: DataFile, frame: Any) -> Part:  # noqa: ANN401, a data frame
    rows = map(_recording_row, frame.to_dict("records"))
    return together(part_of_recording(row, file.host, file.day) for row in rows)


def _recording_row(fields: Mapping[str, Any]) -> RecordingRow:
    """A row with Python's own numbers; pandas says NaN where a number is absent."""
    values: dict[str, Any] = {}
    for column in columns("recordings"):
        if column.name in fields:
            value = fields[column.name]
            absent = value is None or value != value  # noqa: PLR0124, NaN alone is not itself
            values[column.name] = None if absent and column.nullable else column.type(value)
    return RecordingRow(**values)
