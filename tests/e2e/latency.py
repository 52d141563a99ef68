#!/usr/bin/env python3
"""How long it takes from a write at a real PDS until HTTP answers with it from a projection.

    latency.py [--rate N] [--seconds N] [--accounts N] [--json]      (REFOLD, REFOLD_RECORDS)

Each record is asked for as soon as its event is in the log, with min_seq: the answer comes when
the projection `records` has it, and has to have its CID. Measured twice: from when the write was sent to
the PDS, and from when the PDS said that it was done.
"""

import argparse
import http.client
import json
import os
import pathlib
import queue
import sys
import tempfile
import threading
import time
import urllib.parse

from engine import Engine, comes_true, source_of
from network import Network, installed

READERS = 8


def follow(engine, found):
    """Puts (uri, cid, seq) of each create that is appended."""
    connection = http.client.HTTPConnection("127.0.0.1", engine.port)
    connection.request("GET", "/log/follow?kind=create")
    answer = connection.getresponse()
    while line := answer.readline():
        one = json.loads(line)
        if one.get("kind") == "create":
            found.put((f"at://{one['did']}/{one['collection']}/{one['rkey']}", one["cid"],
                       one["seq"]))


def read(engine, found, readable):
    """Notes when each of them is readable."""
    connection = http.client.HTTPConnection("127.0.0.1", engine.port)
    while True:
        uri, cid, seq = found.get()
        path = "/projections/records/query/get?" + urllib.parse.urlencode(
            {"uri": uri, "min_seq": seq})
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status == 200 and (json.loads(body) or {}).get("cid") == cid:
            readable[uri] = time.time() * 1000


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def measure(options, folder):
    network = Network(folder / "network")
    network.folder.mkdir()
    records = {"name": "records", "plugin": os.environ["REFOLD_RECORDS"], "isolation": "thread"}
    with network:
        for number in range(options.accounts):
            network.account(name=f"writer-{number}")
        sources = [source_of(network.firehose)]
        with Engine(folder / "engine", sources, [records]) as engine:
            assert comes_true(lambda: engine.get("/projections/records")[0] == 200)
            found, readable = queue.Queue(), {}
            for work in [(follow, engine, found), *[(read, engine, found, readable)] * READERS]:
                threading.Thread(target=work[0], args=work[1:], daemon=True).start()
            time.sleep(0.5)
            network.wrote.clear()
            began = time.monotonic()
            network.load(rate=options.rate, seconds=options.seconds)
            network.loaded()
            took = time.monotonic() - began
            wrote = [one for one in network.wrote if one["wrote"]]
            comes_true(lambda: all(one["wrote"] in readable for one in wrote), 30)
            engine.stop()
    lost = [one for one in wrote if one["wrote"] not in readable]
    if lost:
        sys.exit(f"latency: {len(lost)} of {len(wrote)} records never became readable")
    return {
        "writes": len(wrote), "writes_per_second": round(len(wrote) / took, 1),
        **{f"{name}_p{share * 100:g}_ms": round(percentile(
            [readable[one["wrote"]] - one[key] for one in wrote], share), 1)
           for name, key in (("from_sent", "from"), ("from_done", "to"))
           for share in (0.5, 0.99, 1)},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=int, default=50, help="writes a second that are tried (50)")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--accounts", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not installed():
        print("the reference PDS is not installed (tests/e2e/install.sh): skipped")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        found = measure(options, pathlib.Path(folder))
    if options.json:
        print(json.dumps(found))
        return 0
    print(f"{found['writes']} records, {found['writes_per_second']} a second, written one by one "
          "through the PDS")
    for name, words in (("from_sent", "sent to the PDS"), ("from_done", "confirmed by the PDS")):
        print(f"{words:21} -> readable over HTTP: p50 {found[name + '_p50_ms']} ms, "
              f"p99 {found[name + '_p99_ms']} ms, at most {found[name + '_p100_ms']} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
