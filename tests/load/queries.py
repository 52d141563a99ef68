#!/usr/bin/env python3
"""How many queries a second a running engine answers over HTTP while events come in.

    queries.py REFOLD [--seconds N] [--connections N] [--rate N] [--events N] [--json]

wrk asks as fast as it is answered, over so many connections; a firehose brings --rate events a
second meanwhile. Both take part of the machine's cores, as the engine does: each part is told. The
projections are those that come with Refold, in threads.
"""

import json
import shutil
import subprocess
import sys
import urllib.parse

import stage

LIKES = "/projections/stats/query/total?collection=app.bsky.feed.like"
RECORDS = 1_000


def record_paths(engine):
    """Questions for single records, that lie all over the log."""
    paths, at, last = [], 1, engine.last()
    while len(paths) < RECORDS and at <= last:
        page = engine.ask("/log/events", **{"from": at, "limit": 50, "kind": "create"})
        for one in page["events"]:
            uri = f"at://{one['did']}/{one['collection']}/{one['rkey']}"
            paths.append("/projections/records/query/get?" + urllib.parse.urlencode({"uri": uri}))
        at += max(1, last // (RECORDS // 50))
    return paths


def works(engine):
    """(name, what, paths)"""
    return [
        ("total", "a row of a small table", [LIKES]),
        ("record", "one of a thousand records, by its URI", record_paths(engine)),
        ("page", "ten rows of a table, as they are", ["/projections/stats/tables/totals?limit=10"]),
    ]


def wrk(options, engine, place, paths):
    (place / "paths").write_text("".join(path + "\n" for path in paths))
    done = subprocess.run(
        ["wrk", "--threads", "1", "--connections", str(options.connections), "--duration",
         f"{options.seconds}s", "--timeout", "10s", "--script", stage.HERE / "wrk.lua",
         f"http://127.0.0.1:{engine.port}", "--", place / "paths"],
        capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def measure(options, place, engine, source, work):
    name, what, paths = work
    status, _, body = engine.get(paths[0])
    if status != 200:
        raise stage.Failed(f"{paths[0]}: {status} {body}")
    source.rate(options.rate)
    clock, before = stage.Clock(engine, source), stage.children_cpu()
    found = wrk(options, engine, place, paths)
    took = clock.stop()
    wrk_cores = (stage.children_cpu() - before) / took["seconds"]
    source.rate(0)
    if found["refused"] or found["broken"]:
        raise stage.Failed(f"{name}: {found['refused']} answers were refusals, "
                           f"{found['broken']} did not come:\n{engine.told()[-2000:]}")
    return {
        "query": name, "what": what,
        "requests_per_second": found["requests"] / (found["microseconds"] / 1e6),
        "p50_ms": found["p50"] / 1000, "p99_ms": found["p99"] / 1000,
        "events_per_second": took["ingest"], "engine_cores": took["engine_cores"],
        "wrk_cores": wrk_cores, "source_cores": took["source_cores"],
    }


def main():
    options = stage.arguments(__doc__, seconds=10, connections=64, rate=1_000, events=200_000)
    if shutil.which("wrk") is None:
        print("wrk is not installed (tests/packages.sh test): skipped")
        return 77
    events = options.events + 4 * options.rate * (options.seconds + 5)
    with stage.folder(options) as place, stage.Source(options, place, events) as source:
        projections = [stage.shipped(options, name) for name in ("records", "stats")]
        with stage.Engine(place / "engine", [source.configured()], projections) as engine:
            source.fill(engine, options.events)
            rows = [measure(options, place, engine, source, one) for one in works(engine)]
            if engine.stop() != 0:
                raise stage.Failed(f"the engine did not stop well:\n{engine.told()[-2000:]}")
    stage.report(options, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
