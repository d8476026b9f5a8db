"""Reads a capture, knowing no more than what the article CaptureFormat says. Prints each record as KIND SESSION TIME LENGTH CRC."""
import gzip
import sys
import zlib


def records(file):
    first = file.readline()
    if first != b"interpost-capture 1\n":
        raise ValueError("no capture of version 1 begins with %r" % first[:40])
    while True:
        head = file.readline(80)
        if not head:
            return
        kind, session, nanoseconds, length = head.decode("ascii").rstrip("\n").split(" ")
        if kind not in ("C", "S", "C-", "S-", "C+", "S+", "E", "H"):
            raise ValueError("no kind of record is called %s" % kind)
        octets = file.read(int(length))
        if len(octets) != int(length) or file.read(1) != b"\n":
            raise ValueError("a record of %s octets is cut off" % length)
        yield kind, int(session), int(nanoseconds), octets


def main(path):
    with gzip.open(path, "rb") as file:
        for kind, session, nanoseconds, octets in records(file):
            print(kind, session, nanoseconds, len(octets), "%08x" % zlib.crc32(octets))


main(sys.argv[1])
