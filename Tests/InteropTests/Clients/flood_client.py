"""Moves very many octets over one session and prints their SHA-256.

`slow` reads a little whenever the server has been blocked, several times, and looks at the relay's memory each time.
"""

import hashlib
import json
import os
import random
import socket
import ssl
import sys
import time

with open(sys.argv[1], encoding="utf-8") as file:
    facts = json.load(file)
ACTION, OCTETS = facts["action"], facts["octets"]
chance = random.Random(OCTETS + 1)
digest = hashlib.sha256()


def memory(key):
    with open(f"/proc/{facts['relay']}/status", encoding="utf-8") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(key))


raw = socket.socket()
if ACTION == "slow":
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
raw.settimeout(60)
raw.connect(("127.0.0.1", facts["port"]))
connection = ssl.create_default_context(cafile=facts["authority"]).wrap_socket(raw, server_hostname="localhost")
buffer = b""


def line():
    global buffer
    while b"\r\n" not in buffer:
        more = connection.recv(1 << 16)
        assert more, "the connection was closed"
        buffer += more
    found, buffer = buffer.split(b"\r\n", 1)
    return found


def literal(left, limit):
    """Reads on in a literal, at most `limit` octets; gives how many are left."""
    global buffer
    while left and limit > 0:
        piece = buffer[:left] or connection.recv(min(left, 1 << 18))
        assert piece, f"{left} octets are missing"
        buffer = buffer[len(piece):]
        digest.update(piece)
        left -= len(piece)
        limit -= len(piece)
    return left


def server_is_blocked(since):
    """Waits until the server cannot send, having sent more than `since`; gives how much it has sent."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if os.path.exists(facts["blocked"]):
            with open(facts["blocked"], encoding="utf-8") as file:
                sent = json.load(file)
            if sent > since:
                return sent
        time.sleep(0.02)
    raise SystemExit("the server was never blocked")


report = {}
assert b"ready" in line()
if ACTION in ("fetch", "slow"):
    base = memory("VmRSS:")
    connection.sendall(b"a FETCH 1 BODY[]\r\n")
    left = int(line().split(b"{")[1].rstrip(b"}"))
    if ACTION == "slow":
        ahead, sent, highest = [], 0, 0
        for _ in range(4):
            sent = server_is_blocked(sent)
            ahead.append(sent - (OCTETS - left))
            highest = max(highest, memory("VmRSS:"))
            left = literal(left, 24 << 20)
        report = {"ahead": max(ahead), "grown": highest - base}
    literal(left, left)
    assert line() == b")" and line() == b"a OK done"
    if ACTION == "slow":
        report["peak"] = memory("VmHWM:") - base
elif ACTION == "retr":
    connection.sendall(b"RETR 1\r\n")
    assert line().startswith(b"+OK")
    tail = buffer
    while not tail.endswith(b"\r\n.\r\n"):
        more = connection.recv(1 << 18)
        assert more, "the connection was closed"
        tail += more
        digest.update(tail[:-5])
        tail = tail[-5:]
    digest.update(tail[:2])
    buffer = b""
else:
    connection.sendall(b"a APPEND INBOX {%d}\r\n" % OCTETS)
    assert line() == b"+ go"
    block = chance.randbytes(1 << 20)
    left = OCTETS
    while left:
        start = chance.randrange(len(block))
        piece = block[start : start + min(left, chance.choice((1, 100, 5_000, 70_000, 1 << 20)))]
        left -= len(piece)
        digest.update(piece)
        connection.sendall(piece)
    connection.sendall(b"\r\n")
    assert line() == b"a OK done"
connection.sendall(b"QUIT\r\n" if ACTION == "retr" else b"z LOGOUT\r\n")
while connection.recv(1 << 16):
    pass
print(json.dumps({"digest": digest.hexdigest(), "ahead": 0, "grown": 0, "peak": 0} | report))
