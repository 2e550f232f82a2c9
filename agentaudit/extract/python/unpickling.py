"""
Objects made of what the model writes, or of a file that it names, which run what their author says.

https://docs.python.org/3/library/pickle.html: "The pickle module is not secure." Files of PyTorch,
joblib and NumPy are pickles; `torch.load` reads nothing but weights unless it is told otherwise,
since version 2.6, `numpy.load` no objects. PyYAML's unsafe loaders call what a text names. What is
looked up by a name of the model (`cache.get(key)`) somebody else has written, and a path that the
program begins is one in its own folder.
"""

import ast
from collections.abc import Iterator, Mapping

from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.syntax import argument, keyword
from agentaudit.extract.python.execution import Execution

_TEXTS = frozenset(
    {
        *("pickle.loads", "cPickle.loads", "_pickle.loads", "dill.loads", "cloudpickle.loads"),
        *("jsonpickle.decode", "jsonpickle.loads", "yaml.unsafe_load", "yaml.unsafe_load_all"),
    }
)
_FILES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("pickle.load", "dill.load", "cloudpickle.load"), ("file",)),
    **dict.fromkeys(("joblib.load", "sklearn.externals.joblib.load"), ("filename",)),
    "pandas.read_pickle": ("filepath_or_buffer",),
    "torch.load": ("f",),
    "numpy.load": ("file",),
}
"""What reads objects from a file, and under which name it is given that."""
_LOADERS = frozenset({"UnsafeLoader", "Loader", "CUnsafeLoader", "CLoader"})
_DECODING = frozenset(
    {
        *("b64decode", "urlsafe_b64decode", "standard_b64decode", "a85decode", "b85decode"),
        *("unhexlify", "fromhex", "decompress", "encode", "decode", "BytesIO", "StringIO"),
        *("bytes", "bytearray", "str", "strip", "read", "read_bytes", "open", "Path", "expanduser"),
    }
)
"""What makes the same thing of a text, or opens the file that it names."""
_DEEPEST = 10


def unpickles(words: Execution, call: ast.Call, name: str) -> bool:
    """Whether a call makes objects of the model's own bytes, or of any file that it names."""
    if name in _TEXTS:
        given = argument(call, 0, "data", "string", "s", "str", "stream")
    elif name in ("yaml.load", "yaml.load_all") and _is_unsafe(words.module, call):
        given = argument(call, 0, "stream")
    elif name in _FILES and _reads_objects(words.module, call, name):
        given = argument(call, 0, *_FILES[name])
    else:
        return False
    return given is not None and _is_written(words, given)


def _is_unsafe(module: Module, call: ast.Call) -> bool:
    loader = argument(call, 1, "Loader")
    return loader is not None and module.dotted(loader).rpartition(".")[2] in _LOADERS


def _reads_objects(module: Module, call: ast.Call, name: str) -> bool:
    if name == "torch.load":
        return module.value(keyword(call, "weights_only")) is False
    return name != "numpy.load" or module.value(keyword(call, "allow_pickle")) is True


def _is_written(words: Execution, given: ast.expr, depth: int = 0) -> bool:
    """Whether all of an expression is a word of the model, at most decoded or opened."""
    if depth > _DEEPEST:
        return False
    match given:
        case ast.Name(id=name) if name in words.handed and name not in words.assigned:
            caller, handed = words.handed[name]
            return _is_written(caller, handed, depth + 1)
        case ast.Name(id=name) if name in words.assigned or name not in words.parameters:
            made = (*words.assigned.get(name, ()), *_opened(words, name))
            return any(_is_written(words, each, depth + 1) for each in made)
        case ast.Name():
            return words.depends(given)
        case ast.Attribute(value=value) | ast.Subscript(value=value):
            return _is_written(words, value, depth + 1)
        case ast.Call(func=function, args=args):
            named = words.module.dotted(function).rpartition(".")[2]
            on = [function.value] if isinstance(function, ast.Attribute) else []
            return named in _DECODING and any(
                _is_written(words, each, depth + 1) for each in (*on, *args[:1])
            )
        case _:
            return False


def _opened(words: Execution, name: str) -> Iterator[ast.expr]:
    """What `with` opens under a name in the tool."""
    for node in words.module.of(ast.withitem):
        match node:
            case ast.withitem(context_expr=opened, optional_vars=ast.Name(id=bound)):
                if bound == name and words.module.function_around(opened) is words.function:
                    yield opened
            case _:
                pass
