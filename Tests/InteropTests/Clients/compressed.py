"""Turns on COMPRESS=DEFLATE and sends and receives messages through it."""

import imaplib
import zlib

from door import PASSWORD, USER, body, imap, ok, report, save


class Deflating:
    """Puts raw deflate between imaplib and its socket once `compress` was accepted."""

    inflater = None
    plain = b""
    received = 0

    def compress(self):
        imaplib.Commands["COMPRESS"] = ("AUTH", "SELECTED")
        ok(self._simple_command("COMPRESS", "DEFLATE"))
        self.deflater = zlib.compressobj(wbits=-15)
        self.inflater = zlib.decompressobj(wbits=-15)

    def send(self, data):
        if self.inflater:
            data = self.deflater.compress(data) + self.deflater.flush(zlib.Z_SYNC_FLUSH)
        super().send(data)

    def more(self):
        data = self.sock.recv(65536)
        if not data:
            raise self.abort("the server closed the connection")
        self.received += len(data)
        self.plain += self.inflater.decompress(data)

    def read(self, size):
        if not self.inflater:
            return super().read(size)
        while len(self.plain) < size:
            self.more()
        result, self.plain = self.plain[:size], self.plain[size:]
        return result

    def readline(self):
        if not self.inflater:
            return super().readline()
        while b"\n" not in self.plain:
            self.more()
        return self.read(self.plain.index(b"\n") + 1)


class DeflatingIMAP(Deflating, imaplib.IMAP4):
    pass


class DeflatingIMAPS(Deflating, imaplib.IMAP4_SSL):
    pass


client = imap(implicit=DeflatingIMAPS, plain=DeflatingIMAP)
ok(client.login(USER, PASSWORD))
assert b"COMPRESS=DEFLATE" in ok(client.capability())[0].split()
client.compress()
count = ok(client.select("INBOX"))
messages = [body(client.fetch(str(number + 1), "(BODY.PEEK[])")) for number in range(int(count[0]))]
for message in messages:
    save(message)
ok(client.append("INBOX", None, None, messages[0]))
again = ok(client.search(None, "ALL"))
save(body(client.fetch("*", "(BODY[])")))
twice = client._simple_command("COMPRESS", "DEFLATE")[0]
smaller = client.received < sum(map(len, messages))
goodbye = client.logout()[0]

report(count=count, again=again, twice=twice, smaller=smaller, goodbye=goodbye)
