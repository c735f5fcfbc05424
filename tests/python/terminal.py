"""Runs a command on a terminal of its own and passes on what it shows there:
terminal.py kill|interrupt TEXT COMMAND…

As soon as it shows the text, if that is not empty, it is killed, or somebody presses Ctrl-C.
"""

import os
import pty
import signal
import sys

how, text, command = sys.argv[1], sys.argv[2].encode(), sys.argv[3:]
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
        if how == "kill":
            os.kill(process, signal.SIGKILL)
        else:
            os.write(terminal, b"\x03")
        text = b""
sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) % 256)
