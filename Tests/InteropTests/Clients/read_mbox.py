"""Prints the messages of an mboxrd file, each as a line of base64.

read_mbox.py FILE
"""

import base64
import mailbox
import re
import sys

for message in mailbox.mbox(sys.argv[1], create=False).iterkeys():
    text = mailbox.mbox(sys.argv[1], create=False).get_bytes(message)
    print(base64.b64encode(re.sub(rb"(?m)^>(>*From )", rb"\1", text)).decode())
