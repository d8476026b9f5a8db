"""Reads a mailbox, and tries all that imaplib and poplib have to change it, through a gate. Each attempt has to be refused with a
text, and the session has to go on. Reports the refusals."""

import imaplib
import poplib

from door import PASSWORD, USER, imap, ok, pop3, report, facts

refused = {}


def refuse(name, attempt):
    kind, data = attempt
    if kind != "NO":
        raise SystemExit(f"{name} was not refused: {kind} {data}")
    refused[name] = data[0]
    ok(client.noop())


client = imap() if facts["protocol"] == "imap" else None
if client:
    client.login(USER, PASSWORD)
    count = int(ok(client.select("INBOX", readonly=True))[0])
    texts = [len(ok(client.fetch(str(number), "(RFC822)"))[0][1]) for number in range(1, count + 1)]
    ok(client.fetch("1", "(BODY[])"))
    refuse("store", client.store("1", "+FLAGS", "\\Deleted"))
    refuse("seen", client.store("1", "+FLAGS.SILENT", "\\Seen"))
    refuse("append", client.append("INBOX", "\\Seen", None, b"Subject: smuggled\r\n\r\nx\r\n"))
    refuse("copy", client.copy("1", "INBOX"))
    refuse("expunge", client.expunge())
    refuse("create", client.create("smuggled"))
    refuse("delete", client.delete("INBOX"))
    refuse("rename", client.rename("INBOX", "smuggled"))
    refuse("subscribe", client.subscribe("INBOX"))
    refuse("setacl", client.setacl("INBOX", "anyone", "lrs"))
    refuse("uid expunge", client.uid("EXPUNGE", "1"))
    imaplib.Commands["MOVE"] = ("SELECTED",)
    refuse("uid move", client.uid("MOVE", "1", "INBOX"))
    ok(client.close())
    client.logout()
else:
    client = pop3()
    client.user(USER)
    client.pass_(PASSWORD)
    count = client.stat()[0]
    texts = [len(client.retr(number)[1]) for number in range(1, count + 1)]
    try:
        client.dele(1)
        raise SystemExit("DELE was not refused")
    except poplib.error_proto as refusal:
        refused["dele"] = refusal.args[0]
    client.noop()
    client.quit()

report(count=count, texts=texts, refused=refused and sorted(refused.items()))
