"""A throw-away PostgreSQL cluster on loopback and a socket in DIR/data: postgres.py PORT DIR [--shared].

It prints `ready` when it answers, and again after each line of stdin that it has done: `stop MODE`
(smart, fast, immediate) and `start` do what pg_ctl does, `suspend` and `resume` stop all of its processes
where they are and let them go on, `tls FOLDER` has it offer TLS, with a certificate whose CA is
FOLDER/ca.pem. When stdin ends, so does the cluster, and its data are gone.
PostgreSQL refuses to run as root: then its own user runs it. A shared cluster is one that nobody stops.
"""

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

OLDEST = 15
# Durable as in real life, or crash tests would prove nothing; many tests connect at a time.
SETTINGS = {
    # The last one stands in no certificate.
    "listen_addresses": "127.0.0.1,::1,127.0.0.2",
    "max_connections": "400",
    "shared_buffers": "128MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "log_min_messages": "fatal",
}
# A disk tells nothing more of a cluster that never crashes.
SHARED_SETTINGS = {"fsync": "off", "full_page_writes": "off"}


def programs() -> Path:
    found = {int(it.parent.name): it for it in Path("/usr/lib/postgresql").glob("*/bin") if it.parent.name.isdigit()}
    on_path = shutil.which("initdb")
    if found and max(found) >= OLDEST:
        return found[max(found)]
    if on_path:
        return Path(on_path).resolve().parent
    sys.exit(f"PostgreSQL {OLDEST} or later is missing: ./tests/run installs it")


class Cluster:
    def __init__(self, port: str, directory: Path, settings: dict[str, str]):
        self.port = port
        self.data = directory / "data"
        self.data.mkdir(mode=0o700)
        self.programs = programs()
        self.as_user = {}
        if os.getuid() == 0:
            directory.chmod(0o755)
            shutil.chown(self.data, "postgres", "postgres")
            self.as_user = {"user": "postgres", "group": "postgres", "extra_groups": []}
        self.run("initdb", "--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
        with open(self.data / "postgresql.auto.conf", "a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
            file.write(f"port = {port}\nunix_socket_directories = '{self.data}'\n")

    def run(self, program: str, *arguments: str):
        done = subprocess.run(
            [self.programs / program, *arguments],
            env={**os.environ, "PGDATA": str(self.data)},
            cwd=self.data,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            **self.as_user,
        )
        if done.returncode:
            sys.exit(f"{program} {' '.join(arguments)}: {done.stderr.decode()}")

    def start(self):
        self.run("pg_ctl", "start", "--wait", "--silent", f"--log={self.data}/server.log")

    def stop(self, mode: str):
        self.run("pg_ctl", "stop", "--wait", f"--mode={mode}")

    def signal(self, number: signal.Signals):
        server = int((self.data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
        for process in [server, *map(int, children)]:
            # One may have ended since.
            with suppress(ProcessLookupError):
                os.kill(process, number)

    def tls(self, folder: str):
        subprocess.run([sys.executable, Path(__file__).with_name("certificates.py"), folder], check=True)
        for name in ["cert.pem", "key.pem"]:
            shutil.copy(Path(folder) / name, self.data / name)
            (self.data / name).chmod(0o600)
            if self.as_user:
                shutil.chown(self.data / name, "postgres", "postgres")
        with open(self.data / "postgresql.auto.conf", "a") as file:
            file.write("ssl = on\nssl_cert_file = 'cert.pem'\nssl_key_file = 'key.pem'\n")
        self.stop("fast")
        self.start()


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    port, directory, *shared = sys.argv[1:]
    cluster = Cluster(port, Path(directory), SETTINGS | (SHARED_SETTINGS if shared else {}))
    try:
        cluster.start()
        print("ready", flush=True)
        for line in sys.stdin:
            what, *arguments = line.split()
            {
                "stop": cluster.stop,
                "start": cluster.start,
                "tls": cluster.tls,
                "suspend": lambda: cluster.signal(signal.SIGSTOP),
                "resume": lambda: cluster.signal(signal.SIGCONT),
            }[what](*arguments)
            print("ready", flush=True)
    finally:
        if (cluster.data / "postmaster.pid").exists():
            cluster.signal(signal.SIGCONT)
            cluster.stop("immediate")
        shutil.rmtree(cluster.data)


main()
