"""Parses mails with Python's own `email` package and prints each as a line of JSON."""

import base64
import email
import email.header
import email.policy
import email.utils
import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path


class Page(HTMLParser):
    """What an HTML part links to, loads and says."""

    def __init__(self):
        super().__init__()
        self.links, self.loads, self.tags, self.words = [], [], [], []
        self.language = None
        self.silent = 0

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.silent += tag in ("style", "script", "title")
        for name, value in attributes:
            if tag == "a" and name == "href":
                self.links.append(value)
            elif name in ("src", "srcset", "background", "poster", "data") or name == "href":
                self.loads.append(value)
            elif name == "lang" and tag == "html":
                self.language = value
            if name.startswith("on") or (value or "").strip().lower().startswith("javascript:"):
                self.loads.append(f"{name}={value}")

    def handle_endtag(self, tag):
        self.silent -= tag in ("style", "script", "title")

    def handle_data(self, data):
        if not self.silent:
            self.words.append(data)


def parsed(path: Path) -> dict:
    octets = path.read_bytes()
    mail = email.message_from_bytes(octets, policy=email.policy.default)
    parts = []
    for part in mail.walk():
        if part.is_multipart():
            continue
        content = part.get_content()
        is_text = isinstance(content, str)
        text = content if is_text else base64.b64encode(content).decode()
        facts = {"content_type": part.get_content_type(), "text": text, "links": []}
        if part.get_content_type() == "text/html":
            page = Page()
            page.feed(facts["text"])
            facts.update(
                links=page.links,
                loads=page.loads + re.findall(r"url\(([^)]*)\)|@import", facts["text"]),
                tags=sorted(set(page.tags)),
                language=page.language,
                words=" ".join("".join(page.words).split()),
            )
        elif is_text:
            facts.update(links=re.findall(r"https?://[^\s<>\"]+", facts["text"]))
        parts.append(facts)
    head = re.split(rb"\r?\n\r?\n", octets, maxsplit=1)[0]
    return {
        "headers": [[name, str(value)] for name, value in mail.items()],
        "to": addresses(octets, "To"),
        "from": addresses(octets, "From"),
        "reply_to": addresses(octets, "Reply-To"),
        "date": mail["Date"].datetime.timestamp() if mail["Date"] else None,
        "content_type": mail.get_content_type(),
        "parts": parts,
        "defects": [repr(defect) for part in mail.walk() for defect in part.defects]
        + [repr(defect) for value in mail.values() for defect in value.defects],
        "ascii_head": head.isascii(),
        "longest_line": max(len(line) for line in octets.split(b"\n")),
    }


def addresses(octets: bytes, name: str) -> list:
    """Names and addresses of a field. In names of more than one encoded word, this version of the
    default policy has blanks that are not there, so those are decoded by the older way."""
    header = email.message_from_bytes(octets, policy=email.policy.default)[name]
    raw = str(email.message_from_bytes(octets)[name])
    found = []
    for address in header.addresses if header else []:
        called = address.display_name
        if raw.count("=?utf-8?") > 1:
            phrase = email.utils.getaddresses([raw])[len(found)][0]
            called = str(email.header.make_header(email.header.decode_header(phrase)))
        # Octets beyond ASCII (RFC 6532) come as they are.
        spec = address.addr_spec.encode("utf-8", "surrogateescape").decode("utf-8")
        found.append([called, spec])
    return found


for name in sys.argv[1:]:
    print(json.dumps(parsed(Path(name))))
