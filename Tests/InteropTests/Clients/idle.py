"""Idles on the mailbox, delivers a message once the server has agreed, and waits to be told of it."""

import os

from door import PASSWORD, USER, body, facts, imap, ok, report, save

client = imap()
ok(client.login(USER, PASSWORD))
before = ok(client.select("INBOX"))
tag = client._new_tag()
client.send(tag + b" IDLE\r\n")
agreed = client.readline()[:1]

arrived = f"{facts['maildir']}/tmp/1700000100.M1P1.interop"
with open(facts["arriving"], "rb") as letter, open(arrived, "wb") as file:
    file.write(letter.read())
os.chmod(arrived, 0o644)
os.rename(arrived, arrived.replace("/tmp/1700000100", "/new/1700000100"))

told = []
while not told or not told[-1].endswith(b"EXISTS\r\n"):
    told.append(client.readline())
client.send(b"DONE\r\n")
while not (line := client.readline()).startswith(tag):
    told.append(line)
ended = line.split()[1]
save(body(client.fetch("2", "(BODY.PEEK[])")))
goodbye = client.logout()[0]

report(before=before, agreed=agreed, told=sorted(told), ended=ended, goodbye=goodbye)
