"""A mail server for tests that says what a script tells it to. It prints `ready` when it listens.

`script.json` in --dir is read for each connection: an object from a stage (`greeting`, `ehlo`, `auth`,
`mail`, `rcpt`, `data`, `message`, `quit`) to what is said there, or to a list of that, one for each time.
Each character stands for one octet (ISO 8859-1); text that ends in `<close>` is followed by the end of
the connection. After STARTTLS, TLS is spoken. Each message that came up to its last dot becomes a file
`NNNN.json` in --dir, with what SMTP said of it.
"""

import argparse
import json
import os
import socket
import ssl
import threading
from pathlib import Path

USUAL = {
    "greeting": "220 mail.test\r\n",
    "ehlo": "250 mail.test\r\n",
    "starttls": "220 go on\r\n",
    "auth": "235 welcome\r\n",
    "data": "354 go on\r\n",
    "quit": "221 bye\r\n",
}
CLOSE = "<close>"


class Server:
    def __init__(self, directory: Path, context: ssl.SSLContext | None):
        self.directory = directory
        self.context = context
        self.lock = threading.Lock()
        self.said: dict[str, int] = {}
        self.messages = 0

    def answer(self, stage: str) -> str:
        try:
            script = json.loads((self.directory / "script.json").read_text())
        except FileNotFoundError:
            script = {}
        said = script.get(stage, USUAL.get(stage, "250 OK\r\n"))
        if isinstance(said, list):
            with self.lock:
                number = self.said.get(stage, 0)
                self.said[stage] = number + 1
            said = said[min(number, len(said) - 1)]
        return said

    def talk(self, connection: socket.socket) -> None:
        stream = connection.makefile("rwb")
        facts: dict = {"tls": False, "commands": []}

        def says(stage: str) -> bool:
            answer = self.answer(stage)
            stream.write(answer.removesuffix(CLOSE).encode("latin-1"))
            stream.flush()
            return not answer.endswith(CLOSE)

        if not says("greeting"):
            return
        while line := stream.readline():
            command = line.decode("latin-1").strip()
            stage = command.split(" ")[0].split(":")[0].lower()
            facts["commands"].append(stage)
            if not says(stage) or stage == "quit":
                return
            if stage == "starttls":
                stream.close()
                connection = self.context.wrap_socket(connection, server_side=True)
                stream = connection.makefile("rwb")
                facts["tls"] = True
            if stage == "data":
                message = []
                while (line := stream.readline()) != b".\r\n":
                    if not line:
                        return
                    message.append(line)
                self.keep(facts, b"".join(message))
                if not says("message"):
                    return

    def keep(self, facts: dict, message: bytes) -> None:
        with self.lock:
            self.messages += 1
            path = self.directory / f"{self.messages:04}.json"
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps({**facts, "message": message.decode("latin-1")}))
        os.replace(partial, path)

    def serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                self.talk(connection)
            except OSError:
                pass


parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--dir", type=Path, required=True)
parser.add_argument("--cert")
parser.add_argument("--key")
options = parser.parse_args()

context = None
if options.cert:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(options.cert, options.key)
server = Server(options.dir, context)
listener = socket.create_server(("127.0.0.1", options.port))
print("ready", flush=True)
while True:
    connection, _ = listener.accept()
    threading.Thread(target=server.serve, args=(connection,), daemon=True).start()
