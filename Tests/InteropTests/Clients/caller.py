"""Plays a client: connects, performs its steps, and prints what it heard."""

import json
import socket
import sys

from play import TIMEOUT, Part

with open(sys.argv[1], encoding="utf-8") as file:
    facts = json.load(file)
connection = socket.create_connection(("127.0.0.1", facts["port"]), TIMEOUT)
print(json.dumps(Part(connection, facts, is_server=False).perform(facts["steps"]).report()))
