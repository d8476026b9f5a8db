"""Greets everybody, over TLS if it is given a certificate, and reads to the end, all in one thread."""

import asyncio
import os
import resource
import ssl
import sys

CHAIN, KEY, READY = sys.argv[1:4]
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def serve(reader, writer):
    try:
        writer.write(b"* OK ready\r\n")
        while await reader.read(4096):
            pass
    except OSError:
        pass
    finally:
        writer.close()


async def main():
    encryption = {}
    if CHAIN != "-":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CHAIN, KEY)
        encryption = {"ssl": context, "ssl_handshake_timeout": 100}
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=4096, limit=1024, **encryption)
    with open(READY + ".new", "w", encoding="utf-8") as file:
        file.write(str(server.sockets[0].getsockname()[1]))
    os.rename(READY + ".new", READY)
    await server.serve_forever()


asyncio.run(main())
