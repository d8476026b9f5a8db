"""Types at a terminal: each answer once its prompt is shown. Prints all that the terminal has shown.

typist.py PROMPT ANSWER … -- COMMAND ARGUMENT …
"""

import os
import pty
import sys

split = sys.argv.index("--")
words, command = sys.argv[1:split], sys.argv[split + 1 :]

child, terminal = pty.fork()
if child == 0:
    os.execv(command[0], command)

shown = b""


def read():
    """What comes next; nothing at the end."""
    global shown
    try:
        piece = os.read(terminal, 4096)
    except OSError:
        piece = b""
    shown += piece
    return piece


seen = 0
for prompt, answer in zip(words[::2], words[1::2]):
    while prompt.encode() not in shown[seen:]:
        if not read():
            break
    seen = len(shown)
    os.write(terminal, answer.encode() + b"\n")
while read():
    pass
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(shown.decode(errors="replace").replace("\r", ""), end="")
sys.exit(status)
