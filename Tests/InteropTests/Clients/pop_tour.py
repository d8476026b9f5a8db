"""Uses the commands poplib offers on one mailbox, twice, with a deletion in between, and reports the answers."""

from door import PASSWORD, SECURITY, USER, pop3, report, save


def login():
    client = pop3()
    greeting = client.getwelcome()
    if SECURITY == "startTLS":
        client._tls_established or exit("STLS left the connection in clear")
    client.user(USER)
    client.pass_(PASSWORD)
    return client, greeting


def unique(listing):
    """The lines of UIDL without the mailbox's own random part."""
    return [line.split()[0] + b" " + line.split()[1][:8] for line in listing[1]]


client, greeting = login()
capabilities = sorted(client.capa())
stat = client.stat()
listing = client.list()[1]
sizes = [client.list(number) for number in range(1, stat[0] + 1)]
before = unique(client.uidl())
top = [client.top(number, 2)[1] for number in range(1, stat[0] + 1)]
for number in range(1, stat[0] + 1):
    lines = client.retr(number)[1]
    save(b"".join(line + b"\r\n" for line in lines))
client.dele(2)
client.dele(3)
reset = [client.stat(), client.rset(), client.stat()]
deleted = [client.dele(1), client.dele(4)]
client.noop()
goodbye = client.quit()

client, _ = login()
after = unique(client.uidl())
first = client.retr(1)[1]
client.quit()

report(
    greeting=greeting, capabilities=capabilities, stat=stat, listing=listing, sizes=sizes, before=before, top=top,
    reset=reset, deleted=deleted, goodbye=goodbye, after=after, first=first,
)
