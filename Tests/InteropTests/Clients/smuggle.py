"""Plays the sequences of Fixtures/Smuggling, and compares all of the account before and after each of them.

The account is looked at through a connection that goes to the server itself. Reports how many sequences were played, which of
them changed anything, and how each session ended: synchronised (a NOOP is answered), closed with a word, closed in silence, or
still waiting for the rest of something that the sequence announced."""

import base64
import concurrent.futures
import json
import re
import socket
import time

from door import HOST, facts, report

PATIENCE = 3.0
FAREWELL = rb"^(\* BYE [^\n]*\n([^* ]+ OK [^\n]*\n)?|(-ERR|\+OK)[^\n]*\n)\Z"
USERS = json.loads(facts["users"])
DIRECT = {"imap": int(facts["direct"]), "pop": int(facts["direct_pop3"])}
PORTS = {"imap": int(facts["imap"]), "pop": int(facts["pop3"])}


class Line:
    """A connection that is read up to what is waited for."""

    def __init__(self, port):
        self.socket = socket.create_connection((HOST, port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.heard = b""

    def send(self, octets):
        try:
            self.socket.sendall(octets)
        except OSError:
            pass

    def hear(self, pattern):
        """What was heard, up to the pattern; None when the peer closes or says nothing any more."""
        end = time.monotonic() + PATIENCE
        while True:
            match = re.search(pattern, self.heard, re.MULTILINE)
            if match:
                heard, self.heard = self.heard[: match.end()], self.heard[match.end() :]
                return heard
            rest = end - time.monotonic()
            if rest <= 0:
                self.closed = False
                return None
            self.socket.settimeout(rest)
            try:
                octets = self.socket.recv(65536)
            except socket.timeout:
                self.closed = False
                return None
            except OSError:
                octets = b""
            if not octets:
                self.closed = True
                return None
            self.heard += octets

    def ask(self, command):
        tag = b"s%d" % id(command)
        self.send(tag + b" " + command + b"\r\n")
        return self.hear(rb"^" + tag + rb" [^\r\n]*\r\n")

    def close(self):
        self.socket.close()


def login(port, protocol, state, user, password):
    line = Line(port)
    if protocol == "pop":
        line.hear(rb"^\+OK[^\n]*\n") or exit("no greeting")
        if state == "transaction":
            line.send(b"USER " + user.encode() + b"\r\n")
            line.hear(rb"^\+OK[^\n]*\n") or exit("USER was refused")
            line.send(b"PASS " + password.encode() + b"\r\n")
            line.hear(rb"^\+OK[^\n]*\n") or exit("PASS was refused")
        return line
    line.hear(rb"^\* OK[^\n]*\n") or exit("no greeting")
    if state != "nonauth":
        line.send(b"l0 LOGIN " + user.encode() + b" " + password.encode() + b"\r\n")
        line.hear(rb"^l0 OK[^\n]*\n") or exit("LOGIN was refused")
    if state in ("selected", "examined"):
        line.send(b"l1 SELECT INBOX\r\n" if state == "selected" else b"l1 EXAMINE INBOX\r\n")
        line.hear(rb"^l1 OK[^\n]*\n") or exit("SELECT was refused")
    return line


def maildrop(user, password):
    """What POP3 shows of the account: the messages by size and by name."""
    line = login(DIRECT["pop"], "pop", "transaction", user, password)
    seen = []
    for command in (b"STAT\r\n", b"LIST\r\n", b"UIDL\r\n"):
        line.send(command)
        seen.append(line.hear(rb"^\+OK[^\n]*\n" if command == b"STAT\r\n" else rb"^\.\r\n"))
    line.close()
    return seen


def look(line):
    """All that IMAP can show of the account."""
    line.ask(b"NOOP")
    names = re.findall(rb'^\* LIST .* "\." "?([^"\r\n]+)"?\r$', line.ask(b'LIST "" "*"'), re.MULTILINE)
    seen = [sorted(names), sorted(re.findall(rb"^\* LSUB .*$", line.ask(b'LSUB "" "*"'), re.MULTILINE))]
    for name in sorted(names):
        quoted = b'"' + name + b'"'
        for command in (
            b"STATUS " + quoted + b" (MESSAGES UIDNEXT UIDVALIDITY)",
            b"GETACL " + quoted,
            b"GETMETADATA (DEPTH infinity) " + quoted + b' ("/private" "/shared")',
        ):
            answer = line.ask(command) or b""
            seen.append([part for part in answer.split(b"\r\n") if part.startswith(b"*")])
        if not re.search(rb" OK ", line.ask(b"EXAMINE " + quoted) or b""):
            continue
        answer = line.ask(b"FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE)") or b""
        seen.append([part.replace(b"\\Recent", b"").replace(b"( ", b"(") for part in answer.split(b"\r\n") if part.startswith(b"*")])
        line.ask(b"UNSELECT")
    seen.append((line.ask(b"GETMETADATA (DEPTH infinity) \"\" (\"/private\" \"/shared\")") or b"").split(b"\r\n")[:-2])
    return seen


def play(case, user, password):
    line = login(PORTS[case["protocol"]], case["protocol"], case["state"], user, password)
    for step in case["steps"]:
        if "wait_s" in step:
            time.sleep(min(step["wait_s"], 0.1))
            continue
        for part in step["send"]:
            octets = base64.b64decode(part["b64"]) if "b64" in part else bytes([part["repeat_byte"]]) * part["count"]
            line.send(octets)
    if case["protocol"] == "imap":
        line.send(b"z9 NOOP\r\n")
        heard = line.hear(rb"^z9 (OK|NO|BAD)[^\n]*\n")
    else:
        line.send(b"NOOP\r\nXPROBE\r\n")
        heard = line.hear(rb"not known here\r\n|XPROBE[^\n]*\n")
        # What was deleted is gone only behind it.
        line.send(b"QUIT\r\n")
    end = "synchronised" if heard else "waiting" if not line.closed else "closed"
    if end == "closed" and not re.search(FAREWELL, line.heard, re.MULTILINE):
        end = "silent"
    if heard and case["protocol"] == "pop":
        line.hear(rb"^\+OK[^\n]*\n")
    line.close()
    return end


def work(cases, user, password):
    direct = login(DIRECT["imap"], "imap", "auth", user, password)
    before = look(direct) + maildrop(user, password)
    outcome = []
    for case in cases:
        end = play(case, user, password)
        after = look(direct) + maildrop(user, password)
        outcome.append((case["id"], end, after != before))
        before = after
    direct.close()
    return outcome


with open(facts["cases"], encoding="utf-8") as file:
    cases = json.load(file)["cases"]
only = facts.get("only", "").split()
cases = [case for case in cases if not only or case["id"] in only]
with concurrent.futures.ThreadPoolExecutor(len(USERS)) as pool:
    shares = [cases[index :: len(USERS)] for index in range(len(USERS))]
    futures = [pool.submit(work, share, *user) for share, user in zip(shares, USERS)]
    outcomes = [outcome for future in futures for outcome in future.result()]

report(
    played=len(outcomes),
    changed=sorted(name for name, _, changed in outcomes if changed),
    waiting=sorted(name for name, end, _ in outcomes if end == "waiting"),
    closed=sorted(name for name, end, _ in outcomes if end == "closed"),
    silent=sorted(name for name, end, _ in outcomes if end == "silent"),
)
