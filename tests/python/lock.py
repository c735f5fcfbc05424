"""Holds a lock until stdin ends, and prints `ready` when it has it: lock.py FILE|URL.

Of a SQLite file that is the write lock, of a PostgreSQL database the one under which it is migrated.
"""

import sqlite3
import sys

from database import connect, is_postgres

if is_postgres(sys.argv[1]):
    with connect(sys.argv[1]) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(b"passlink")])
        print("ready", flush=True)
        sys.stdin.read()
    sys.exit()
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=120)
connection.execute("BEGIN IMMEDIATE")
print("ready", flush=True)
sys.stdin.read()
connection.execute("ROLLBACK")
