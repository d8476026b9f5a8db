"""Connects many clients from one process, waits until each has its greeting or was sent away, then for the word to leave."""

import asyncio
import os
import resource
import ssl
import sys

PORT, COUNT, AUTHORITY, HERE, LEAVE = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5]
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
context = None if AUTHORITY == "-" else ssl.create_default_context(cafile=AUTHORITY)
names = {} if AUTHORITY == "-" else {"server_hostname": "localhost", "ssl_handshake_timeout": 100}
few = asyncio.Semaphore(50)


async def arrive():
    async with few:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", PORT, ssl=context, limit=1024, **names)
            # A client that is let wait, because there are no more files, does not hold up the others.
            line = await asyncio.wait_for(reader.readline(), 100 if context else 1)
        except TimeoutError:
            line = b""
        except OSError:
            return None, b""
        return writer, line


async def main():
    arrived = await asyncio.gather(*(arrive() for _ in range(COUNT)))
    if context and not all(b"ready" in line for _, line in arrived):
        raise SystemExit(f"not all were greeted, but {sum(b'ready' in line for _, line in arrived)} of {COUNT}")
    with open(HERE, "w", encoding="utf-8"):
        pass
    while not os.path.exists(LEAVE):
        await asyncio.sleep(0.01)
    for writer, _ in arrived:
        if writer:
            writer.close()
    await asyncio.sleep(0)


asyncio.run(main())
