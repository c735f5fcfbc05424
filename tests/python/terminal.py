"""Runs a command on a terminal of its own and passes on what it shows there: terminal.py TEXT COMMAND…

It is killed as soon as it shows the text, if that is not empty.
"""

import os
import pty
import signal
import sys

text, command = sys.argv[1].encode(), sys.argv[2:]
process, terminal = pty.fork()
if process == 0:
    os.execvp(command[0], command)
shown = b""
while True:
    try:
        read = os.read(terminal, 4096)
    except OSError:
        # Nobody has the terminal open any more.
        break
    sys.stdout.buffer.write(read)
    sys.stdout.flush()
    shown += read
    if text and text in shown:
        os.kill(process, signal.SIGKILL)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) % 256)
