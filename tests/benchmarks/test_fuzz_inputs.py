"""What fuzz_readers.py and large_files.py read: files of every syntax that we know."""

from fuzz_inputs import BETWEEN, NAMES, TRACES, files_in
from large_kinds import KINDS

from agentaudit.readers.syntax import SYNTAXES, syntax_of


def test_files_of_every_syntax_are_fuzzed() -> None:
    assert {syntax_of(name) for name in NAMES} == SYNTAXES


def test_a_large_file_of_every_syntax_is_timed() -> None:
    assert {syntax_of(kind.file) for kind in KINDS.values()} == SYNTAXES


def test_an_input_is_files_of_names_that_are_read() -> None:
    data = BETWEEN.join(["main.tf\na = 1", "rows.csv\na,b", "unknown\nx"]).encode()
    files = dict(files_in(data))
    (unknown,) = files.keys() - {"main.tf", *TRACES}

    assert files["main.tf"] == b"a = 1"
    assert files["rows.csv"] == b"a,b"
    assert unknown in NAMES
