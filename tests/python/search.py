"""Looks for secrets in files, in every form that a program might write them in.

Reads {"files": [path], "secrets": [text]} from stdin; prints [path, secret's index, form] a line.
"""

import base64
import binascii
import json
import re
import sys
import urllib.parse
from pathlib import Path

# Line breaks that the encodings of mails put in, also where a log shows them as text.
BREAK = re.compile(rb"=?(?:\r?\n|<CRLF>|\\+r\\+n|\\+n)")


def aligned(octets: bytes, offset: int, encode) -> bytes:
    """The characters of an encoding that depend on nothing but `octets`, when these stand `offset`
    octets behind a multiple of three."""
    encoded = encode(bytes(offset) + octets).rstrip(b"=")
    incomplete = (offset + len(octets)) % 3 != 0
    return encoded[(0, 2, 3)[offset] : len(encoded) - incomplete]


def forms_of(octets: bytes):
    yield "raw", octets
    yield "lower-case hex", octets.hex().encode()
    yield "upper-case hex", octets.hex().upper().encode()
    for name, digits in (("lower", octets.hex()), ("upper", octets.hex().upper())):
        pairs = re.findall("..", digits)
        yield f"percent-encoded, {name} case", "".join(f"%{pair}" for pair in pairs).encode()
        yield f"hex with colons, {name} case", ":".join(pairs).encode()
    yield "percent-encoded", urllib.parse.quote_from_bytes(octets, safe="").encode()
    for offset in range(3):
        yield "base64", aligned(octets, offset, base64.standard_b64encode)
        yield "base64url", aligned(octets, offset, base64.urlsafe_b64encode)


def decoded(secret: str):
    """Tokens and codes are base64url themselves: what they encode opens as much as they do."""
    for text in {secret, secret.removeprefix("passlink_"), secret.rpartition(".")[2]}:
        try:
            octets = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
        except (binascii.Error, ValueError):
            continue
        if len(octets) >= 16:
            yield octets


request = json.load(sys.stdin)
needles = [
    (index, form, needle)
    for index, secret in enumerate(request["secrets"])
    for octets in [secret.encode(), *decoded(secret)]
    for form, needle in forms_of(octets)
]
for name in request["files"]:
    try:
        octets = Path(name).read_bytes()
    except FileNotFoundError:
        continue  # A database server has taken it away since.
    unfolded = BREAK.sub(b"", octets)
    found = {(index, form) for index, form, it in needles if it in octets or it in unfolded}
    for index, form in sorted(found):
        print(json.dumps([name, index, form]))
