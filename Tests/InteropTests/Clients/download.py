"""Fetches the first message in clear text, and keeps every octet that it hears in a file until the connection ends."""

import json
import socket
import sys

with open(sys.argv[1]) as file:
    facts = json.load(file)
heard = open(facts["heard"], "wb", buffering=0)
try:
    server = socket.create_connection((facts["host"], int(facts["port"])))
except OSError:
    sys.exit(0)


def hear(until=None):
    kept = b""
    while until is None or until not in kept:
        try:
            piece = server.recv(1 << 18)
        except OSError:
            piece = b""
        if not piece:
            sys.exit(0)
        heard.write(piece)
        kept = kept[-64:] + piece[-4096:]


hear(b"* OK")
# Whoever listens may be gone at any time.
for command in (f'a LOGIN {facts["user"]} "{facts["password"]}"', "b EXAMINE INBOX", "c FETCH 1 BODY.PEEK[]", "d LOGOUT"):
    try:
        server.sendall(command.encode() + b"\r\n")
    except OSError:
        sys.exit(0)
    hear(command[0].encode() + b" OK")
hear()
