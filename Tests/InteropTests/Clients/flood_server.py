"""Serves one session with as many octets as the test wants, cut at random, and writes down what it sent or received.

IMAP: `FETCH` answers with a literal of random octets, `APPEND` takes one. POP3: `RETR` answers with lines, many of them
stuffed with dots. While the network takes no more for a second, `blocked` is written with the octets sent so far.
"""

import hashlib
import json
import os
import random
import select
import socket
import ssl
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    facts = json.load(file)
OCTETS = facts["octets"]
chance = random.Random(OCTETS)
digest = hashlib.sha256()
sent = 0


def write(path, value):
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(value, file)
    os.rename(path + ".new", path)


def send(octets):
    """Sends all, and says so when the peer does not take them."""
    global sent
    rest = memoryview(octets)
    while rest:
        try:
            count = connection.send(rest)
            sent += count
            rest = rest[count:]
        except (ssl.SSLWantWriteError, BlockingIOError):
            if not select.select([], [connection], [], 1)[1]:
                write(facts["blocked"], sent)
                select.select([], [connection], [])


def cuts():
    """Random octets in random cuts, OCTETS in all."""
    block = chance.randbytes(1 << 20)
    left = OCTETS
    while left:
        start = chance.randrange(len(block))
        size = min(left, chance.choice((1, 100, 5_000, 70_000, 1 << 20)))
        piece = block[start : start + size]
        left -= len(piece)
        yield piece


def lines():
    """Lines of a message as POP3 sends them; a line that begins with a dot has one more."""
    text = b"".join(
        chance.choice((b"", b".", b"..", b"...")) + b"x" * chance.choice((0, 1, 70, 900)) + b"\r\n" for _ in range(5_000)
    )
    rows = [b"." + line if line.startswith(b".") else line for line in text.splitlines(keepends=True)]
    block = b"".join(rows)
    for _ in range(max(1, OCTETS // len(block))):
        yield block


def read_line():
    line = b""
    while not line.endswith(b"\r\n"):
        octet = connection.recv(1)
        if not octet:
            sys.exit()
        line += octet
    return line.decode().split()


listener = socket.create_server(("127.0.0.1", 0))
write(facts["ready"], listener.getsockname()[1])
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(facts["chain"], facts["key"])
connection = context.wrap_socket(listener.accept()[0], server_side=True)
connection.sendall(b"* PREAUTH ready\r\n" if facts["imap"] else b"+OK ready\r\n")
while True:
    words = read_line()
    verb = words[1] if facts["imap"] else words[0]
    if verb == "FETCH":
        connection.sendall(b"* 1 FETCH (BODY[] {%d}\r\n" % OCTETS)
        connection.setblocking(False)
        for piece in cuts():
            digest.update(piece)
            send(piece)
        connection.setblocking(True)
        connection.sendall(b")\r\n%s OK done\r\n" % words[0].encode())
    elif verb == "RETR":
        connection.sendall(b"+OK\r\n")
        for piece in lines():
            digest.update(piece)
            connection.sendall(piece)
        connection.sendall(b".\r\n")
    elif verb == "APPEND":
        connection.sendall(b"+ go\r\n")
        left = int(words[-1].strip("{}"))
        while left:
            piece = connection.recv(min(left, 1 << 18))
            assert piece, f"{left} octets are missing"
            digest.update(piece)
            left -= len(piece)
        assert read_line() == []
        connection.sendall(b"%s OK done\r\n" % words[0].encode())
    else:
        write(facts["report"], digest.hexdigest())
        connection.sendall(b"* BYE\r\n%s OK bye\r\n" % words[0].encode() if facts["imap"] else b"+OK bye\r\n")
        break
connection.close()
