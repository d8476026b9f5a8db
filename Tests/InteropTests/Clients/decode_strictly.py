"""Decodes messages as strictly as Python can, and prints what cannot be decoded.

decode_strictly.py FILE...
"""

import base64
import email
import email.header
import re
import sys


def problems(message):
    for name, value in message.items():
        for charset, encoding, text in re.findall(r"=\?([^?]*)\?([BbQq])\?([^?]*)\?=", str(value)):
            try:
                data = base64.b64decode(text, validate=True) if encoding in "Bb" else quoted(text.replace("_", " ").encode())
                data.decode(charset)
            except (ValueError, LookupError) as error:
                yield f"{name}: {error}"
    if message.is_multipart():
        if not message.get_payload():
            yield "a multipart without parts"
        for part in message.get_payload():
            yield from problems(part)
        return
    if message.defects:
        yield f"defects {message.defects}"
    encoding = str(message.get("Content-Transfer-Encoding", "7bit")).lower()
    # get_payload() decodes, and not strictly.
    body = message._payload.encode("ascii", "surrogateescape")
    try:
        if encoding == "base64":
            base64.b64decode(re.sub(rb"[\r\n]", b"", body), validate=True)
            # Its text has no charset any more: nobody knows that it is text before all of it has gone by.
            return
        if encoding == "quoted-printable":
            body = quoted(body)
        if message.get_content_maintype() == "text":
            body.decode(message.get_content_charset("ascii"))
    except (ValueError, LookupError) as error:
        yield f"{encoding} body: {error}"


def quoted(text):
    text = re.sub(rb"=\r?\n", b"", text)
    if re.search(rb"=(?![0-9A-Fa-f]{2})", text):
        raise ValueError("not quoted-printable")
    return re.sub(rb"=([0-9A-Fa-f]{2})", lambda match: bytes([int(match[1], 16)]), text)


found = 0
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        for problem in problems(email.message_from_bytes(file.read())):
            print(f"{path}: {problem}")
            found += 1
sys.exit(1 if found else 0)
