"""Clients of databases that take statements of SQL, and what they make: pools and connections."""

import ast

from agentaudit.expressions import regex
from agentaudit.extract.javascript.modules import Program
from agentaudit.extract.programs.written import Written

_SQL = regex(
    r"^(?:pg(?:-promise|-native)?|mysql2?(?:/promise)?|mariadb|postgres|slonik|mssql|oracledb|knex"
    r"|better-sqlite3|sqlite3?|bun:sqlite|node:sqlite|duckdb(?:-async)?|@duckdb/node-api"
    r"|@neondatabase/serverless|@vercel/postgres|@libsql/client(?:/\w{1,20})?|@planetscale/database"
    r"|snowflake-sdk|@databricks/sql|@clickhouse/client|sequelize|typeorm|@prisma/client"
    r"|drizzle-orm/[\w-]{1,40})(?:\.|$)"
)
_LONGEST = 9


def is_of_database(program: Program, called: Written) -> bool:
    """
    Whether a method is one of such a client, of a pool, or of a connection that one of them made.

    `pool.query`, where `pool` is `new Pool()` of `pg`, here or in another file that is imported.
    """
    for _ in range(_LONGEST):
        node = called.node
        if isinstance(node, ast.Call):
            node = node.func
        if _SQL.match(called.module.dotted(node)):
            return True
        if not isinstance(node, ast.Attribute):
            return False
        called = program.meant(called.beside(node.value))
    return False
