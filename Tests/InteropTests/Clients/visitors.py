"""Connects many times, one after the other; each visit ends with the greeting."""

import socket
import sys

PORT, COUNT = int(sys.argv[1]), int(sys.argv[2])
for _ in range(COUNT):
    with socket.create_connection(("127.0.0.1", PORT), 20) as connection:
        assert connection.recv(100), "no greeting"
