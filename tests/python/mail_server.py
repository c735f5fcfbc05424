"""A mail server for tests, by aiosmtpd. It prints `ready` when it listens.

Each accepted mail becomes two files in --dir: `NNNN.eml`, the octets as they came, and
`NNNN.json`, its envelope, which is written last. Mails refused after DATA go to `refused/` in the
same way. `rules.json` in --dir is read for each mail, so that a test can change it: a list of

    {"recipient": "<regular expression>", "answer": "550 5.1.1 No such user",
     "stage": "mail", "rcpt" or "data", "times": how often, for ever when left out}

and `{"delay": seconds}`, the time that a mail is in hand, with `"stage": "rcpt"` that its recipient
is, and with a `recipient` that those are. `in-hand` is there from the first such time on.
"""

import argparse
import asyncio
import json
import os
import re
import ssl
import time
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Handler:
    def __init__(self, directory: Path):
        self.directory = directory
        self.refused = directory / "refused"
        self.refused.mkdir(parents=True, exist_ok=True)
        self.used: dict[str, int] = {}
        self.last: dict[Path, int] = {}
        self.open: set[int] = set()
        self.connections = 0
        self.most_open = 0

    def rules(self) -> list[dict]:
        try:
            return json.loads((self.directory / "rules.json").read_text())
        except FileNotFoundError:
            return []

    def delays(self, recipient: str) -> list[tuple[str | None, float]]:
        rules = [rule for rule in self.rules() if re.search(rule.get("recipient", ""), recipient)]
        return [(rule.get("stage"), rule["delay"]) for rule in rules if "delay" in rule]

    def refusal(self, stage: str, recipient: str) -> str | None:
        for rule in self.rules():
            if rule.get("stage") != stage or "answer" not in rule or not re.search(rule["recipient"], recipient):
                continue
            key = json.dumps([rule, recipient])
            self.used[key] = self.used.get(key, 0) + 1
            if self.used[key] <= rule.get("times", self.used[key]):
                return rule["answer"]
        return None

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        answer = self.refusal("mail", address)
        if answer:
            return answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        delays = [delay for stage, delay in self.delays(address) if stage == "rcpt"]
        if delays:
            (self.directory / "in-hand").touch()
            await asyncio.sleep(sum(delays))
        answer = self.refusal("rcpt", address)
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        (self.directory / "in-hand").touch()
        for recipient in envelope.rcpt_tos:
            await asyncio.sleep(sum(delay for stage, delay in self.delays(recipient) if stage != "rcpt"))
        for recipient in envelope.rcpt_tos:
            answer = self.refusal("data", recipient)
            if answer:
                self.write(self.refused, session, envelope)
                return answer
        name = self.write(self.directory, session, envelope)
        return f"250 OK taken as {name}"

    def write(self, directory: Path, session, envelope) -> str:
        content = envelope.original_content or b""
        number = self.last.get(directory, 0)
        while True:
            number += 1
            path = directory / f"{number:04}.eml"
            try:
                with open(path, "xb") as file:
                    file.write(content)
                break
            except FileExistsError:
                continue
        self.last[directory] = number
        facts = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "mail_options": envelope.mail_options,
            "tls": session.ssl is not None or self.implicit_tls,
            "user": (session.auth_data.login.decode() if session.auth_data else None),
            "mechanism": getattr(session, "auth_mechanism", None),
            "helo": session.host_name,
            "connection": list(session.peer),
            "connections_at_once": self.most_open,
            "at": time.time(),
        }
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(facts))
        os.replace(partial, path.with_suffix(".json"))
        return path.stem


class Server(SMTP):
    """Counts how many connections are open at once."""

    def connection_made(self, transport):
        super().connection_made(transport)
        handler = self.event_handler
        handler.open.add(id(self))
        handler.most_open = max(handler.most_open, len(handler.open))

    def connection_lost(self, error):
        self.event_handler.open.discard(id(self))
        super().connection_lost(error)


def authenticator(user: str, password: str):
    def check(server, session, envelope, mechanism, data):
        right = (
            isinstance(data, LoginPassword)
            and data.login == user.encode()
            and data.password == password.encode()
        )
        session.auth_mechanism = mechanism
        return AuthResult(success=right, handled=False, auth_data=data if right else None)

    return check


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--tls", choices=["none", "starttls", "implicit"], default="none")
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--mechanism", choices=["PLAIN", "LOGIN"])
    options = parser.parse_args()

    settings: dict = {"hostname": "mail.test", "enable_SMTPUTF8": True}
    context = None
    if options.tls != "none":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.cert, options.key)
    if options.tls == "starttls":
        settings.update(tls_context=context, require_starttls=True)
    if options.user:
        settings.update(
            authenticator=authenticator(options.user, options.password),
            auth_required=True,
            auth_require_tls=options.tls == "starttls",
        )
        if options.mechanism:
            others = {"PLAIN", "LOGIN"} - {options.mechanism}
            settings.update(auth_exclude_mechanism=others)
    handler = Handler(options.dir)
    handler.implicit_tls = options.tls == "implicit"
    server = await asyncio.get_running_loop().create_server(
        lambda: Server(handler, **settings),
        "127.0.0.1",
        options.port,
        ssl=context if options.tls == "implicit" else None,
    )
    print("ready", flush=True)
    await server.serve_forever()


asyncio.run(main())
