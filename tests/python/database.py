"""Connections to the databases that Passlink can have, by its own URLs."""

import sqlite3


def is_postgres(url: str) -> bool:
    return url.startswith("postgres")


def connect(url: str):
    """A connection that commits at the end of a `with`."""
    if is_postgres(url):
        import psycopg

        return psycopg.connect(url)
    file = url.removeprefix("sqlite://").partition("?")[0]
    return sqlite3.connect(f"file:{file}?mode=rw", uri=True, timeout=120)


def with_parameters(url: str, statement: str) -> str:
    """A statement in the words that the database has for parameters and octets."""
    return statement.replace("?", "%s").replace(" AS BLOB)", " AS bytea)") if is_postgres(url) else statement
