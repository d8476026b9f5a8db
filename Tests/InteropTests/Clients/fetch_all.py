"""Fetches all messages of INBOX by IMAP, stores one, and retrieves all by POP3.

fetch_all.py IMAPS-PORT POP3S-PORT AUTHORITY USER PASSWORD
"""

import imaplib
import poplib
import ssl
import sys

imap_port, pop_port, authority, user, password = sys.argv[1:]
context = ssl.create_default_context(cafile=authority)
poplib._MAXLINE = 1 << 20

imap = imaplib.IMAP4_SSL("localhost", int(imap_port), ssl_context=context)
imap.login(user, password)
imap.select("INBOX", readonly=True)
for uid in imap.uid("SEARCH", "ALL")[1][0].split():
    imap.uid("FETCH", uid, "(FLAGS BODY.PEEK[])")
    imap.uid("FETCH", uid, "(BODY.PEEK[HEADER])")
imap.append("INBOX", None, None, b"Subject: stored\r\n\r\nFrom here on\r\n")
imap.logout()

pop = poplib.POP3_SSL("localhost", int(pop_port), context=context)
pop.user(user)
pop.pass_(password)
for number in range(1, len(pop.list()[1]) + 1):
    pop.retr(number)
pop.quit()
