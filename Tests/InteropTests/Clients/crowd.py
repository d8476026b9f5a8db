"""Opens many sessions that wait for each other, so all are logged in at the same moment, then leave."""

import hashlib
import threading
import traceback

from door import PASSWORD, TIMEOUT, USER, body, facts, imap, ok, report

SESSIONS = int(facts["sessions"])
everyone = threading.Barrier(SESSIONS, timeout=2 * TIMEOUT)
results = []
failures = []


def session(index):
    try:
        client = imap()
        ok(client.login(USER, PASSWORD))
        count = int(ok(client.select("INBOX", readonly=True))[0])
        number = str(index % count + 1)
        digest = hashlib.sha256(body(client.fetch(number, "(BODY.PEEK[])"))).hexdigest()
        everyone.wait()
        ok(client.noop())
        results.append((int(number), digest, client.logout()[0]))
    except Exception:
        failures.append(traceback.format_exc())
        everyone.abort()


threads = [threading.Thread(target=session, args=(index,), daemon=True) for index in range(SESSIONS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join(3 * TIMEOUT)
if failures:
    raise SystemExit(f"{len(failures)} of {SESSIONS} sessions failed, the first so:\n{failures[0]}")

report(sessions=len(results), results=sorted(set(results)))
