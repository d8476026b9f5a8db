"""Says the sequences of Fixtures/Smuggling to a server that nobody has logged in to. Reports how many were played, and after how many
of them somebody was let in."""

import base64
import concurrent.futures
import json
import socket

from door import HOST, PORT, facts, report

PORTS = {"imap": PORT, "pop": int(facts["pop3"])}


def play(case):
    """What is heard up to the answer to a last command, or up to the end."""
    heard = b""
    with socket.create_connection((HOST, PORTS[case["protocol"]]), timeout=3) as line:
        try:
            for step in case["steps"]:
                for part in step.get("send", []):
                    octets = base64.b64decode(part["b64"]) if "b64" in part else bytes([part["repeat_byte"]]) * part["count"]
                    line.sendall(octets)
            line.sendall(b"z9 NOOP\r\n" if case["protocol"] == "imap" else b"XPROBE\r\n")
            line.shutdown(socket.SHUT_WR)
            while octets := line.recv(65536):
                heard += octets
        except OSError:
            pass
    return heard


with open(facts["cases"], encoding="utf-8") as file:
    cases = json.load(file)["cases"]
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    heard = list(pool.map(play, cases))
report(**{"played": len(heard), "let in": sum(b"logged in" in answer for answer in heard)})
