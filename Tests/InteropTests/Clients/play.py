"""Performs one peer's part of a conversation, step by step, as a test has written it down.

A step is a list: its name (a method of `Part`) and its arguments. Texts stand for octets, as Latin-1.
"""

import os
import random
import select
import socket
import ssl
import struct
import time

TIMEOUT = 20


class Part:
    """One connection, and everything that was heard on it."""

    def __init__(self, connection, facts, is_server):
        self.connection, self.facts, self.is_server = connection, facts, is_server
        self.connection.settimeout(TIMEOUT)
        self.heard = b""
        self.pending = b""
        self.secure = self.certificate = self.ended = self.failure = ""

    def perform(self, steps):
        try:
            for name, *arguments in steps:
                getattr(self, name)(*arguments)
        except (OSError, ssl.SSLError, AssertionError) as problem:
            self.failure = f"{name} {arguments}: {type(problem).__name__}: {problem}"
        self.close()
        return self

    def report(self):
        return {
            "heard": self.heard.decode("latin-1"), "secure": self.secure, "certificate": self.certificate,
            "ended": self.ended, "failure": self.failure,
        }

    def more(self):
        try:
            octets = self.connection.recv(65536)
        except ConnectionResetError:
            self.ended = "reset"
            return False
        except ssl.SSLZeroReturnError:
            octets = b""
        self.heard += octets
        self.pending += octets
        if not octets:
            self.ended = "closed"
        return bool(octets)

    # The steps

    def say(self, text):
        self.connection.sendall(text.encode("latin-1"))

    def repeat(self, text, times):
        self.connection.sendall(text.encode("latin-1") * int(times))

    def hear(self, text):
        """Reads up to the text, which must come."""
        wanted = text.encode("latin-1")
        while wanted not in self.pending:
            assert self.more(), f"{self.ended}; heard {self.pending[-300:]}"
        self.pending = self.pending[self.pending.index(wanted) + len(wanted):]

    def end(self):
        """Reads to the end of the connection."""
        while self.more():
            pass

    def tls(self):
        if self.is_server:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            # Keys that nobody should accept are part of some plays.
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
            context.load_cert_chain(self.facts["chain"], self.facts["key"])
            self.connection = context.wrap_socket(self.connection, server_side=True)
        else:
            context = ssl.create_default_context(cafile=self.facts["authority"])
            self.connection = context.wrap_socket(self.connection, server_hostname="localhost")
            self.certificate = ssl.DER_cert_to_PEM_cert(self.connection.getpeercert(True))
        self.secure = self.connection.version()

    def hello(self, part):
        """Sends the first octets of a ClientHello; `part` is how many, or a negative number to leave off."""
        context = ssl.create_default_context()
        outgoing = ssl.MemoryBIO()
        try:
            context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost").do_handshake()
        except ssl.SSLWantReadError:
            pass
        self.connection.sendall(outgoing.read()[: int(part)])

    def noise(self, count, seed):
        self.connection.sendall(random.Random(seed).randbytes(int(count)))

    def finish(self):
        """Sends FIN, without TLS's close_notify, and goes on listening."""
        with socket.socket(fileno=os.dup(self.connection.fileno())) as raw:
            raw.shutdown(socket.SHUT_WR)

    def notify(self):
        """Sends TLS's close_notify and FIN, and goes on listening."""
        self.connection.settimeout(0)
        try:
            self.connection.unwrap()
        except ssl.SSLWantReadError:
            pass
        self.connection.settimeout(TIMEOUT)
        self.finish()

    def close(self):
        self.connection.close()

    def reset(self):
        raw = socket.socket(fileno=self.connection.detach())
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raw.close()

    def pause(self, seconds):
        """Says nothing for a while: as part of the play, never to wait for somebody."""
        time.sleep(float(seconds))

    def mark(self, path):
        with open(path, "w", encoding="utf-8"):
            pass

    def await_mark(self, path):
        deadline = time.monotonic() + TIMEOUT
        while not os.path.exists(path):
            assert time.monotonic() < deadline, f"{path} did not come"
            assert not select.select([], [], [], 0.01)[0]
