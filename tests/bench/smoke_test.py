#!/usr/bin/env python3
"""Runs a benchmark on a few events: every row is there, and it parses. smoke_test.py BENCH NAME"""

import json
import subprocess
import sys
import tempfile

ROWS = {
    "ingest": {"frames", "jetstream", "repos"},
    "log": {
        "append_1000", "append_10000", "append_index", "size_rocksdb", "size_columnar",
        "size_previous", "size_segments", "size_live", "size_all_files", "scan", "scan_one_core",
        "scan_rare", "point_warm", "point_cold", "seal", "memory",
    },
    "replay": {
        "replay_counts", "replay_likes", "replay_newest", "replay_rare", "rebuild_100k", "loop",
        "process", "promote", "rollback_warm",
    },
}
WITHOUT_PEERS = {"repos", "seal", "memory", "rebuild_100k", "promote", "rollback_warm"}


def check(row):
    """What is wrong with a row; empty if nothing is."""
    name = row["name"]
    if not row["ours"] > 0 or row["runs"] != 1:
        return f"{name}: nothing was measured: {row}"
    if name not in WITHOUT_PEERS and not (row["peer"] > 0 and row["ratio"] > 0):
        return f"{name}: no peer was measured: {row}"
    if not isinstance(row["met"], bool) or "target" not in row or not row["unit"]:
        return f"{name}: incomplete: {row}"
    return ""


def main():
    program, benchmark = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        command = [program, benchmark, "--events", "20000", "--runs", "1", "--json",
                   "--folder", folder + "/bench"]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"{' '.join(command)}: {run.stderr}")
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    wrong = [text for text in map(check, rows) if text]
    missing = ROWS[benchmark] ^ {row["name"] for row in rows}
    if missing:
        wrong.append(f"missing or unknown rows: {sorted(missing)}")
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{len(rows)} rows")


if __name__ == "__main__":
    main()
