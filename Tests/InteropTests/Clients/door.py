"""Opens the door a test gives: a logged-in IMAP or POP3 session, and the report the test compares."""

import imaplib
import json
import poplib
import ssl
import sys

with open(sys.argv[1], encoding="utf-8") as facts_file:
    facts = json.load(facts_file)

HOST, PORT, SECURITY = facts["host"], int(facts["port"]), facts["security"]
USER, PASSWORD = facts["user"], facts["password"]
TIMEOUT = 50

imaplib._MAXLINE = 10_000_000
poplib._MAXLINE = 10_000_000  # poplib refuses lines above 2048 bytes, which real messages have


def trust():
    return ssl.create_default_context(cafile=facts["authority"])


def imap(implicit=imaplib.IMAP4_SSL, plain=imaplib.IMAP4):
    """An IMAP connection, encrypted as the test wants, not logged in."""
    if SECURITY == "implicit":
        return implicit(HOST, PORT, ssl_context=trust(), timeout=TIMEOUT)
    connection = plain(HOST, PORT, timeout=TIMEOUT)
    if SECURITY == "startTLS":
        connection.starttls(ssl_context=trust())
    return connection


def pop3():
    """A POP3 connection, encrypted as the test wants, not logged in."""
    if SECURITY == "implicit":
        return poplib.POP3_SSL(HOST, PORT, context=trust(), timeout=TIMEOUT)
    connection = poplib.POP3(HOST, PORT, timeout=TIMEOUT)
    if SECURITY == "startTLS":
        connection.stls(context=trust())
    return connection


def ok(answer):
    """The data of an IMAP answer that must be OK."""
    kind, data = answer
    if kind != "OK":
        raise SystemExit(f"not OK: {kind} {data}")
    return data


def body(answer):
    """The one literal of a FETCH answer."""
    return next(part[1] for part in ok(answer) if isinstance(part, tuple))


saved = 0


def save(message):
    """Keeps a message as a file; the files' names are in the order of saving."""
    global saved
    saved += 1
    with open(f"{facts['saved']}/{saved:05d}", "wb") as file:
        file.write(message)


def text(value):
    """Any answer as something JSON can carry."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, (list, tuple)):
        return [text(element) for element in value]
    return value


def report(**outcome):
    print(json.dumps({key: text(value) for key, value in outcome.items()}, indent=1, sort_keys=True))
