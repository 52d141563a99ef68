#!/usr/bin/env python3
"""Makes events.jsonl.gz from a capture of a PDS's firehose: make.py CAPTURE_DIR [OUTPUT]

The capture holds pds0.ops.jsonl.zst (one line per record operation) and pds0.events.jsonl.zst (one
line per frame). The output has one JSON line per event, in stream order, as Jetstream v1 writes
them. The same capture always gives the same bytes.
"""

import datetime
import gzip
import json
import pathlib
import subprocess
import sys

OUTPUT_BYTES_MAX = 1 << 20
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def lines(path):
    """The JSON values of a zstd file, one a line. Only LF ends a line: records hold U+2028."""
    with subprocess.Popen(["zstd", "-dc", "--long=24", str(path)], stdout=subprocess.PIPE) as zstd:
        for line in zstd.stdout:
            yield json.loads(line)
    if zstd.returncode != 0:
        sys.exit(f"make.py: cannot read {path}: zstd ended with {zstd.returncode}")


def microseconds(time):
    moment = datetime.datetime.fromisoformat(time.replace("Z", "+00:00"))
    return (moment - EPOCH) // datetime.timedelta(microseconds=1)


def commit(line):
    """A record operation. A payload whose block the host did not send stays away; its CID stays."""
    fields = {"rev": line["rev"], "operation": line["action"],
              "collection": line["collection"], "rkey": line["rkey"]}
    if line["action"] != "delete":
        if line["record"] is not None:
            fields["record"] = line["record"]
        fields["cid"] = line["cid"]
    return fields


def identity(line):
    return {name: line[name] for name in ("did", "handle", "seq", "time") if name in line}


def account(line):
    return {name: line[name] for name in ("active", "did", "seq", "status", "time") if name in line}


def events(capture):
    """All events with their place in the stream, (seq, order in the commit), unsorted."""
    for line in lines(capture / "pds0.ops.jsonl.zst"):
        yield (line["seq"], line["op"]), line, "commit", commit(line)
    for line in lines(capture / "pds0.events.jsonl.zst"):
        if line["t"] == "#identity":
            yield (line["seq"], 0), line, "identity", identity(line)
        elif line["t"] == "#account":
            yield (line["seq"], 0), line, "account", account(line)


def encoded(capture):
    """The output's lines. time_us grows strictly, as in a Jetstream: it is the cursor."""
    time_us = 0
    for _, line, kind, fields in sorted(events(capture), key=lambda event: event[0]):
        time_us = max(time_us + 1, microseconds(line["time"]))
        event = {"did": line["did"], "time_us": time_us, "kind": kind, kind: fields}
        text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        yield text.encode() + b"\n"


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    here = pathlib.Path(__file__).resolve().parent
    output = pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else here / "events.jsonl.gz"
    everything = list(encoded(pathlib.Path(sys.argv[1])))
    kept = len(everything)
    packed = gzip.compress(b"".join(everything), 9, mtime=0)
    while len(packed) > OUTPUT_BYTES_MAX:
        kept -= max(1, kept // 50)
        packed = gzip.compress(b"".join(everything[:kept]), 9, mtime=0)
    output.write_bytes(packed)
    print(f"{output.name}: {kept} of {len(everything)} events, {len(packed)} bytes")


if __name__ == "__main__":
    main()
