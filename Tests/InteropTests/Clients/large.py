"""Moves one very large message: `fetch` and `retr` compare it with the file, `append` sends the file."""

from door import PASSWORD, USER, body, facts, imap, ok, pop3, report

with open(facts["file"], "rb") as file:
    letter = file.read().replace(b"\n", b"\r\n")

if facts["action"] == "retr":
    client = pop3()
    client.user(USER)
    client.pass_(PASSWORD)
    lines = client.retr(1)[1]
    received = b"".join(line + b"\r\n" for line in lines)
    client.quit()
    report(equal=received == letter, size=len(received))
else:
    client = imap()
    ok(client.login(USER, PASSWORD))
    if facts["action"] == "append":
        ok(client.append("INBOX", None, None, letter))
        report(size=ok(client.status("INBOX", "(MESSAGES)")))
    else:
        ok(client.select("INBOX"))
        received = body(client.fetch("1", "(BODY.PEEK[])"))
        report(equal=received == letter, size=len(received))
    client.logout()
