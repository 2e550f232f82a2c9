"""
Batches: the records between two flushes as one piece of bytes, compressed.

A batch is a table for each kind of record in it, and the order in which their rows were written.
What there is most of stands in columns, which are read without making a record of each row. Tables
of kinds that this release does not know are left out, and counted.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

import msgspec

from agentaudit.model.recording import Few, ProcessTick, Record, StackRun, ThreadTick
from agentaudit.store import tables
from agentaudit.store.gathering import Gathering
from agentaudit.store.repeated import keep_once
from agentaudit.store.wire import TAGS, WIRES, packed, records_of

LARGEST_BATCH = 64 * 1024 * 1024
"""Bytes of a batch before they are compressed; a writer flushes long before."""

_LEVEL = 6
_WORDS: Mapping[type, str] = {type_: tag for tag, type_ in TAGS.items()}


class _Table(msgspec.Struct, array_like=True):
    tag: str
    rows: msgspec.Raw


class _Batch(msgspec.Struct, array_like=True):
    order: bytes
    """The place of its table, for each record."""
    tables: tuple[_Table, ...]


_ENCODER = msgspec.msgpack.Encoder()
_BATCH = msgspec.msgpack.Decoder(_Batch)
_FEW = {
    tag: msgspec.msgpack.Decoder(list.__class_getitem__(WIRES[type_]))
    for tag, type_ in TAGS.items()
    if type_ not in (StackRun, ThreadTick, ProcessTick)
}
_WRITE: Mapping[type, Callable[[Any], object]] = {
    StackRun: tables.run_table,
    ThreadTick: tables.thread_table,
    ProcessTick: tables.process_table,
}
_GATHER: Mapping[str, Callable[[Gathering, msgspec.Raw, int], None]] = {
    "run": Gathering.add_runs,
    "threads": Gathering.add_threads,
    "cpu": Gathering.add_processes,
}
_READ: Mapping[str, Callable[[msgspec.Raw, int], Iterator[Record]]] = {
    "run": tables.runs_in,
    "threads": tables.thread_ticks_in,
    "cpu": tables.process_ticks_in,
}


def to_bytes(records: Sequence[Record]) -> bytes:
    """The records as a batch, at most 256 kinds of them."""
    rows: dict[type, list[Record]] = {}
    for record in records:
        rows.setdefault(type(record), []).append(record)
    places = {type_: at for at, type_ in enumerate(rows)}
    order = bytes(places[type(record)] for record in records)
    tables = tuple(
        _Table(_WORDS[type_], msgspec.Raw(_ENCODER.encode(_table(of_type))))
        for type_, of_type in rows.items()
    )
    return zlib.compress(_ENCODER.encode(_Batch(order, tables)), _LEVEL)


def _table(records: Sequence[Record]) -> object:
    write = _WRITE.get(type(records[0]))
    return write(records) if write else [packed(record) for record in records]


class Batch:
    """
    A batch that was read.

    It, and what is asked of it, raises ValueError when it is none.
    """

    def __init__(self, content: bytes) -> None:
        batch = _BATCH.decode(_decompressed(content))
        self._order, self._tables = batch.order, batch.tables
        if self._order and max(self._order) >= len(self._tables):
            raise ValueError("a batch names a table that it does not hold")
        self._counts = [self._order.count(at) for at in range(len(self._tables))]
        self._known = [table.tag in TAGS for table in self._tables]

    def __len__(self) -> int:
        return len(self._order)

    @property
    def unknown(self) -> Mapping[str, int]:
        """Records by their word, of kinds that this release does not know."""
        return {
            table.tag[:40]: count
            for table, count, known in zip(self._tables, self._counts, self._known, strict=True)
            if count and not known
        }

    def few(self, gathering: Gathering) -> Iterator[Few]:
        """What is many is gathered; the rest is the result, in order."""
        rows: list[Iterator[Few]] = []
        elsewhere = bytearray()
        for at, (table, count) in enumerate(zip(self._tables, self._counts, strict=True)):
            if table.tag in _FEW:
                rows.append(cast("Iterator[Few]", _few(table, count)))
                continue
            rows.append(iter(()))
            elsewhere.append(at)
            if table.tag in _GATHER:
                _GATHER[table.tag](gathering, table.rows, count)
        for at in self._order.translate(None, bytes(elsewhere)):
            yield next(rows[at])

    def records(self) -> Iterator[Record]:
        """All records in order."""
        rows = [
            _rows(table, count) for table, count in zip(self._tables, self._counts, strict=True)
        ]
        for at in self._order:
            if self._known[at]:
                yield next(rows[at])


def _decompressed(content: bytes) -> bytes:
    inflating = zlib.decompressobj()
    try:
        batch = inflating.decompress(content, LARGEST_BATCH)
    except zlib.error as error:
        raise ValueError(f"cannot be decompressed: {error}") from error
    if not inflating.eof or inflating.unused_data:
        raise ValueError(f"is no whole batch of at most {LARGEST_BATCH // 2**20} MiB")
    return batch


def _rows(table: _Table, count: int) -> Iterator[Record]:
    if table.tag in _READ:
        return _READ[table.tag](table.rows, count)
    return _few(table, count) if table.tag in _FEW else iter(())


def _few(table: _Table, count: int) -> Iterator[Record]:
    wires = _FEW[table.tag].decode(table.rows)
    if len(wires) != count:
        raise ValueError(f"a table of {len(wires)} records is asked for {count}")
    records = records_of(wires, TAGS[table.tag])
    keep_once(cast("list[Few]", records))
    return iter(records)
