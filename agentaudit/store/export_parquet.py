"""
Rows as a dataset of Parquet files, partitioned by host and day; pyarrow stays within this module.

The files of one recording have one name, and take their places together at the end: a table whose
file is missing says that the export did not come to its end.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

from agentaudit.model.dataset import DATASET_VERSION, VERSION_KEY, Column, Row, columns, partition
from agentaudit.store.placing import beside

ROWS_AT_A_TIME = 50_000


def write_dataset(
    tables: Mapping[str, Iterable[Row]],
    root: Path,
    place: tuple[str, int, str],
    *,
    overwrite: bool = False,
) -> list[Path]:
    """
    The files that the tables became, below `root`; `place` is the host, the start and a name.

    Raises UsageError when they cannot be written, or exist and are not to be overwritten.
    """
    host, start_unix_ns, name = place
    written = []
    with ExitStack() as stack:
        for table, rows in tables.items():
            path = root / partition(table, host, start_unix_ns) / f"{name}.parquet"
            part = stack.enter_context(beside(path, overwrite=overwrite))
            _write(part, table, rows)
            written.append(path)
    return written


def _write(path: Path, table: str, rows: Iterable[Row]) -> None:
    import pyarrow as pa  # noqa: PLC0415 -- heavy, and an extra
    import pyarrow.parquet as pq  # noqa: PLC0415 -- the same

    metadata = {VERSION_KEY: str(DATASET_VERSION)}
    schema = pa.schema([_field(column) for column in columns(table)], metadata=metadata)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for some in _batches(iter(rows)):
            arrays = {field.name: [getattr(row, field.name) for row in some] for field in schema}
            writer.write_table(pa.table(arrays, schema=schema))


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while some := list(islice(rows, ROWS_AT_A_TIME)):
        yield some


def _field(column: Column) -> Any:  # noqa: ANN401 -- pyarrow has no types
    import pyarrow as pa  # noqa: PLC0415 -- heavy, and an extra

    types = {int: pa.int64(), float: pa.float64(), bool: pa.bool_(), str: pa.string()}
    return pa.field(column.name, types[column.type], nullable=column.nullable)
