"""Logs in over IMAP with a token, and waits until the server has something to say. Reports the last line."""

import imaplib

from door import PASSWORD, USER, imap, report

try:
    client = imap()
    client.login(USER, PASSWORD)
except imaplib.IMAP4.error as refusal:
    report(last=str(refusal))
    raise SystemExit(0)
last = client.readline()
report(last=last.decode())
