"""Runs one statement on a SQLite file and prints its rows as JSON: sql.py FILE STATEMENT [JSON parameters]."""

import json
import sqlite3
import sys

file, statement, *parameters = sys.argv[1:]
with sqlite3.connect(f"file:{file}?mode=rw", uri=True, timeout=30) as connection:
    rows = connection.execute(statement, json.loads(parameters[0]) if parameters else []).fetchall()
print(json.dumps(rows, default=bytes.hex))
