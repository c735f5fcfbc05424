"""Derives the code of a link: code.py KEY_FILE KEY DOMAIN LINK USER EXPIRES PURPOSE.

So the challenge of a session: it has the relying party's id in place of the domain, and its number in place of
the user.
"""

import base64
import hashlib
import hmac
import sys
from pathlib import Path

key_file, key, domain, link, user, expires, purpose = sys.argv[1:]
lines = (line.split() for line in Path(key_file).read_text().splitlines() if line and line[0] != "#")
secret = next(base64.b64decode(fields[1]) for fields in lines if fields[0] == key)
fields = (field.encode() for field in (purpose, key, domain, link, user))
binding = b"".join(len(field).to_bytes(8, "big") + field for field in fields)
message = b"\x01" + binding + int(expires).to_bytes(8, "big")
code = hmac.digest(secret, message, hashlib.sha256)
print(base64.urlsafe_b64encode(code).decode().rstrip("="))
