"""Writes many users, each with a token, straight into a migrated database: seed.py URL COUNT.

One command each would take minutes for thousands. Prints `<user id> <address> <token>` a line.
"""

import hashlib
import secrets
import sys
import time

from database import connect, with_parameters

url, count = sys.argv[1], int(sys.argv[2])
now = int(time.time() * 1000)
users, events, tokens, lines = [], [], [], []
for number in range(1, count + 1):
    user, address = f"user-{number:05}", f"user-{number:05}@example.com"
    token = f"passlink_{secrets.token_urlsafe(32)}"
    digest = hashlib.sha256(token.encode()).digest()
    users.append((user, "default", user, user, f"User {number}", "en", address, address, True, "active", 1, now))
    events.append((user, 1, "user.added", None, now))
    tokens.append((f"token-{number:05}", user, digest, "seeded", now, None, None))
    lines.append(f"{user} {address} {token}")

with connect(url) as connection:
    cursor = connection.cursor()
    for insert, rows in (
        (
            "INSERT INTO users (id, organisation, username, username_key, display_name, language, email,"
            " email_key, email_verified, state, sequence, created_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
            users,
        ),
        ("INSERT INTO events (user_id, sequence, kind, subject, recorded_at) VALUES (?,?,?,?,?)", events),
        (
            "INSERT INTO tokens (id, user_id, hash, name, created_at, expires_at, revoked_at)"
            " VALUES (?,?,?,?,?,?,?)",
            tokens,
        ),
    ):
        cursor.executemany(with_parameters(url, insert), rows)
print("\n".join(lines))
