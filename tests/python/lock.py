"""Holds the write lock of a SQLite file until stdin ends: lock.py FILE. Prints `ready` when it has it."""

import sqlite3
import sys

connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
connection.execute("BEGIN IMMEDIATE")
print("ready", flush=True)
sys.stdin.read()
connection.execute("ROLLBACK")
