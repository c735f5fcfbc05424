"""Runs one statement on a database and prints its rows as JSON: sql.py URL STATEMENT [JSON parameters].

Parameters stand as `?` in the statement, whatever the database.
"""

import json
import sys

from database import connect, with_parameters

url, statement, *parameters = sys.argv[1:]
with connect(url) as connection:
    cursor = connection.cursor()
    cursor.execute(with_parameters(url, statement), json.loads(parameters[0]) if parameters else [])
    rows = cursor.fetchall() if cursor.description else []
print(json.dumps(rows, default=bytes.hex))
