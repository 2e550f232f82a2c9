"""
What calls of databases' own packages and of the AWS SDK do, by the names that these give them.

Prisma, Drizzle, Supabase, the driver of MongoDB and Mongoose, and commands that a client of AWS
sends, as their documentation of late 2026 names them.
"""

import ast
from collections.abc import Iterator, Mapping

from agentaudit.expressions import regex

_PRISMA = regex(r"(?:^|\.)prisma(?:Client)?\.\w+\.(?P<does>[a-z][A-Za-z]+)$")
_DRIZZLE = regex(r"(?:^|\.)(?:db|tx|database)\.(?P<does>delete|insert|update|select)$")
_COMMAND = regex(r"^@aws-sdk/[\w-]+\.(?P<does>[A-Z][a-z]{1,40})\w{0,80}Command$")
_READ, _WRITE, _DELETE = "read", "write", "delete"
_BY_NAME: Mapping[str, str] = {
    **dict.fromkeys(("deleteOne", "findOneAndDelete", "findByIdAndDelete"), _DELETE),
    **dict.fromkeys(("deleteMany", "findByIdAndRemove", "findOneAndRemove"), _DELETE),
    **dict.fromkeys(("insertOne", "insertMany", "updateOne", "updateMany"), _WRITE),
    **dict.fromkeys(("replaceOne", "bulkWrite", "findOneAndUpdate", "findByIdAndUpdate"), _WRITE),
    **dict.fromkeys(("findOne", "findById", "countDocuments"), _READ),
}
"""Of MongoDB's driver and of Mongoose, whose names nobody else has."""
_VERBS: Mapping[str, str] = {
    **dict.fromkeys(("delete", "deleteMany", "Delete", "Terminate", "Purge"), _DELETE),
    **dict.fromkeys(("create", "createMany", "update", "updateMany", "upsert", "insert"), _WRITE),
    **dict.fromkeys(("Put", "Create", "Update", "Send", "Publish", "Start", "Copy"), _WRITE),
    **dict.fromkeys(("findMany", "findFirst", "findUnique", "count", "aggregate", "select"), _READ),
    **dict.fromkeys(("Get", "List", "Describe", "Query", "Scan", "Select", "Search"), _READ),
}
_OF_LANGUAGE = frozenset({"Array", "Buffer", "Readable"})


def stored_effects(name: str, call: ast.Call) -> Iterator[str]:
    """What a call of this full name does to what is stored."""
    last = name.rpartition(".")[2]
    if last in _BY_NAME:
        yield _BY_NAME[last]
        return
    found = _PRISMA.search(name) or _DRIZZLE.search(name) or _COMMAND.match(name)
    does = found["does"] if found is not None else last if _is_of_table(call) else ""
    if does in _VERBS:
        yield _VERBS[does]


def _is_of_table(call: ast.Call) -> bool:
    """Whether it is done to a table of Supabase: `client.from('orders').delete()`."""
    match call.func:
        case ast.Attribute(
            value=ast.Call(func=ast.Attribute(value=owner, attr="from"), args=[ast.Constant()])
        ):
            return not (isinstance(owner, ast.Name) and owner.id in _OF_LANGUAGE)
        case _:
            return False
