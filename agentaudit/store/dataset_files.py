"""The files of a dataset of many hosts, and what is missing among them."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import unquote

from msgspec import Struct

from agentaudit.errors import InputError, Problem
from agentaudit.model.dataset import TABLES

MOST_FILES = 1_000_000


class DataFile(Struct, frozen=True, kw_only=True):
    """One file of a table, with the host and the day that its folders name."""

    path: str
    table: str
    host: str
    day: str


class Wanted(Struct, frozen=True, kw_only=True):
    """Which partitions are wanted: days are inclusive, and empty where there is no bound."""

    host: str = "*"
    since: str = ""
    until: str = ""

    def has(self, host: str, day: str) -> bool:
        late_enough = day >= self.since
        early_enough = not self.until or day <= self.until
        return late_enough and early_enough and fnmatchcase(host, self.host)


def dataset_files(root: Path, wanted: Wanted) -> tuple[tuple[DataFile, ...], tuple[str, ...]]:
    """
    The files of the wanted partitions, and what is wrong with them.

    The tables of a recording have files of the same name; one that only some tables have was not
    exported to its end. Raises InputError when the folder holds no dataset.
    """
    files = tuple(file for file in _files(root) if wanted.has(file.host, file.day))
    if not any((root / table).is_dir() for table in TABLES):
        tables = ", ".join(TABLES)
        raise InputError(
            Problem(file=str(root), message=f"holds no dataset: there is none of {tables}")
        )
    return files, tuple(_torn(files, root))


def _files(root: Path) -> Iterator[DataFile]:
    number = 0
    for table in TABLES:
        for path in sorted((root / table).glob("host=*/day=*/*.parquet")):
            number += 1
            if number > MOST_FILES:
                raise InputError(
                    Problem(file=str(root), message=f"holds more than {MOST_FILES:,} files")
                )
            yield DataFile(
                path=str(path),
                table=table,
                host=unquote(path.parts[-3].removeprefix("host=")),
                day=path.parts[-2].removeprefix("day="),
            )


def _torn(files: Sequence[DataFile], root: Path) -> Iterator[str]:
    tables: dict[str, set[str]] = {}
    for file in files:
        place = Path(file.path).relative_to(root / file.table).as_posix()
        tables.setdefault(place, set()).add(file.table)
    for place, found in sorted(tables.items()):
        missing = [table for table in TABLES if table not in found]
        if missing:
            yield f"{place}: {' and '.join(missing)} missing; it was not exported to its end"
