"""Uses the commands imaplib offers on one mailbox and reports every answer that is not a matter of chance."""

from door import PASSWORD, USER, body, imap, ok, report, save

LETTER = "Subject: appended Grüße\r\nFrom: me@example.org\r\n\r\n.\r\n..dots\r\n\r\n".encode()

client = imap()
ok(client.login(USER, PASSWORD))
folders = sorted(ok(client.list()))
count = ok(client.select("INBOX"))
numbers = ok(client.search(None, "ALL"))[0].split()
for number in numbers:
    save(body(client.fetch(number, "(BODY.PEEK[])")))
envelopes = ok(client.fetch("1:*", "(UID FLAGS RFC822.SIZE INTERNALDATE ENVELOPE BODYSTRUCTURE)"))
partial = body(client.fetch("6", "(BODY.PEEK[TEXT]<69990.30>)"))
headers = body(client.fetch("1", "(BODY.PEEK[HEADER.FIELDS (SUBJECT FROM)])"))
by_subject = ok(client.search(None, "SUBJECT", "dots"))
client.literal = "Grüße".encode()
by_literal = ok(client.uid("SEARCH", "CHARSET", "UTF-8", "TEXT"))
stored = ok(client.store("1:3", "+FLAGS", r"(\Seen \Flagged Wichtig)"))
flagged = ok(client.search(None, "FLAGGED", "KEYWORD", "Wichtig"))
ok(client.create("Copies"))
ok(client.copy("1:4", "Copies"))
ok(client.append("Copies", r"(\Draft)", '" 1-Jan-2024 12:00:00 +0000"', LETTER))
status = ok(client.status("Copies", "(MESSAGES UIDNEXT UNSEEN)"))
ok(client.select("Copies"))
appended = body(client.fetch("5", "(BODY[])"))
assert appended == LETTER, appended
ok(client.store("2,4", "+FLAGS", r"(\Deleted)"))
expunged = ok(client.expunge())
left = ok(client.uid("FETCH", "1:*", "(FLAGS RFC822.SIZE)"))
missing = client.select("No such folder")[0]
ok(client.select("INBOX", readonly=True))
namespace = ok(client.namespace())
ok(client.noop())
ok(client.close())
goodbye = client.logout()[0]

report(
    folders=folders, count=count, numbers=numbers, envelopes=envelopes, partial=partial, headers=headers,
    by_subject=by_subject, by_literal=by_literal, stored=stored, flagged=flagged, status=status,
    expunged=expunged, left=left, missing=missing, namespace=namespace, goodbye=goodbye,
)
