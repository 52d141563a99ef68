#!/usr/bin/env python3
"""How long it takes from a write at a real PDS until HTTP answers with it from a projection.

    latency.py REFOLD [--rate N] [--seconds N] [--accounts N] [--json]

Each record is asked for as soon as its event is in the log, with min_seq: the answer comes when
the projection `records` has it, and has to have its CID. The rows are the parts of the way:

    pds       from when a write was sent to the PDS until it said that it was done
    firehose  from then until another follower of the PDS has the frame. The PDS looks into its
              database for what is new: the longer nothing came, the more rarely, up to each second.
              Below zero if the frame was here before the answer
    witness   from then until the event has its place in the log (by its witness time)
    told      from then until a follower of the log over HTTP has the event: the log's commit, which
              is synced, and the way to the follower
    readable  from then until the projection has answered with it
    engine    the last three: from the frame until it can be read
    answered  from the PDS's answer until it can be read
    all       from when it was sent until it can be read

The writes of the first two seconds count for nothing but being there: all of them wait for the
PDS's look after its rest.
"""

import http.client
import json
import pathlib
import queue
import socket
import sys
import threading
import time
import urllib.parse

import stage
import dag_cbor
from firehose import BINARY
from network import Network, installed

READERS = 8
WARM_SECONDS = 2
PARTS = [("pds", "sent", "done"), ("firehose", "done", "framed"),
         ("witness", "framed", "witnessed"), ("told", "witnessed", "told"),
         ("readable", "told", "read"), ("engine", "framed", "read"),
         ("answered", "done", "read"), ("all", "sent", "read")]


def messages(stream):
    """The messages of a WebSocket's server, which are small or binary, and whole."""
    while len(head := stream.read(2)) == 2:
        size = head[1]
        if size > 125:
            size = int.from_bytes(stream.read(2 if size == 126 else 8), "big")
        message = stream.read(size)
        if head[0] & 15 == BINARY:
            yield message


def listen(url, framed):
    """Notes when each record's frame is here: what the engine could know at the earliest."""
    where = urllib.parse.urlsplit(url)
    with socket.create_connection((where.hostname, where.port)) as connection:
        connection.sendall(f"GET {where.path} HTTP/1.1\r\nHost: {where.netloc}\r\n"
                           "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                           "Sec-WebSocket-Version: 13\r\n"
                           "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode())
        stream = connection.makefile("rb")
        while stream.readline().strip():
            pass
        for message in messages(stream):
            now = time.time() * 1000
            _, at = dag_cbor.decode_first(message)
            body = dag_cbor.decode_first(message, at)[0]
            for one in body.get("ops", []):
                framed[f"at://{body['repo']}/{one['path']}"] = now


def follow(engine, found):
    """Puts each create that is appended, with when it was told."""
    connection = http.client.HTTPConnection("127.0.0.1", engine.port)
    connection.request("GET", "/log/follow?kind=create")
    answer = connection.getresponse()
    while line := answer.readline():
        now, one = time.time() * 1000, json.loads(line)
        if one.get("kind") == "create":
            found.put((now, one))


def read(engine, found, readable):
    """Notes when each of them was witnessed, told and readable."""
    connection = http.client.HTTPConnection("127.0.0.1", engine.port)
    while True:
        told, one = found.get()
        uri = f"at://{one['did']}/{one['collection']}/{one['rkey']}"
        path = "/projections/records/query/get?" + urllib.parse.urlencode(
            {"uri": uri, "min_seq": one["seq"]})
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status == 200 and (json.loads(body) or {}).get("cid") == one["cid"]:
            readable[uri] = {"witnessed": one["witness_us"] / 1000, "told": told,
                             "read": time.time() * 1000}


def writes(options, place):
    """(the times of each record, writes a second, cores that the engine took)"""
    network = Network(place / "network")
    network.folder.mkdir()
    with network:
        for number in range(options.accounts):
            network.account(name=f"writer-{number}")
        sources = [stage.e2e.source_of(network.firehose)]
        with stage.Engine(place / "engine", sources, [stage.shipped(options, "records")]) as engine:
            stage.comes_true(lambda: engine.get("/projections/records")[0] == 200)
            found, readable, framed = queue.Queue(), {}, {}
            for work in [(listen, network.firehose, framed), (follow, engine, found),
                         *[(read, engine, found, readable)] * READERS]:
                threading.Thread(target=work[0], args=work[1:], daemon=True).start()
            time.sleep(0.5)
            network.wrote.clear()
            began, cpu = time.monotonic(), stage.cpu_seconds(engine.process.pid)
            warm = (time.time() + WARM_SECONDS) * 1000
            network.load(rate=options.rate, seconds=options.seconds + WARM_SECONDS)
            network.loaded()
            took = time.monotonic() - began
            wrote = [one for one in network.wrote if one["wrote"]]
            stage.comes_true(lambda: all(one["wrote"] in readable and one["wrote"] in framed
                                         for one in wrote), 30)
            cpu = stage.cpu_seconds(engine.process.pid) - cpu
            engine.stop()
    lost = [one for one in wrote if one["wrote"] not in readable]
    if lost or not wrote:
        raise stage.Failed(f"{len(lost)} of {len(wrote)} records never became readable")
    times = [{"sent": one["from"], "done": one["to"], "framed": framed[one["wrote"]],
              **readable[one["wrote"]]} for one in wrote if one["from"] >= warm]
    return times, len(wrote) / took, cpu / took


def main():
    options = stage.arguments(__doc__, rate=200, seconds=20, accounts=20)
    if not installed():
        print("the reference PDS is not installed (tests/e2e/install.sh): skipped")
        return 77
    with stage.folder(options) as place:
        times, rate, cores = writes(options, pathlib.Path(place))
    rows = []
    for name, since, until in PARTS:
        took = [one[until] - one[since] for one in times]
        rows.append({"part": name, "p50_ms": stage.percentile(took, 0.5),
                     "p99_ms": stage.percentile(took, 0.99), "most_ms": max(took),
                     "records": len(took), "writes_per_second": rate, "engine_cores": cores})
    stage.report(options, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
