"""The capture in examples/data, what is true of it, and what a log says in the same words."""

import collections
import ctypes
import ctypes.util
import gzip
import hashlib
import json
import pathlib
import struct

import dag_cbor

DATA = pathlib.Path(__file__).resolve().parents[2] / "examples" / "data"
UNPACKED_BYTES_MAX = 64 << 20


def unpacked(path):
    """A file of zstd."""
    zstd = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
    zstd.ZSTD_decompress.restype = ctypes.c_size_t
    packed, out = path.read_bytes(), ctypes.create_string_buffer(UNPACKED_BYTES_MAX)
    size = zstd.ZSTD_decompress(out, ctypes.c_size_t(len(out)), packed,
                                ctypes.c_size_t(len(packed)))
    assert size < len(out), f"{path} is no zstd, or too large"
    return out.raw[:size]


def frames(data):
    """The frames of a capture, each of which stands behind its length."""
    at, found = 0, []
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        found.append(data[at + 4:at + 4 + length])
        at += 4 + length
    return found


def seq_of(frame):
    _, at = dag_cbor.decode_first(frame)
    return dag_cbor.decode_first(frame, at)[0].get("seq")


def shipped_frames():
    return frames(unpacked(DATA / "frames.zst"))


def shipped_operations():
    with gzip.open(DATA / "truth" / "operations.jsonl.gz", "rt") as lines:
        return [json.loads(line) for line in lines]


def shipped_repos():
    with open(DATA / "truth" / "repos.jsonl", encoding="utf-8") as lines:
        return {repo["did"]: repo for repo in map(json.loads, lines)}


def by_repo(operations):
    """{did: [(rev, action, collection, rkey, cid, prev), ...]}, each in its order."""
    names = ("rev", "action", "collection", "rkey", "cid", "prev")
    found = collections.defaultdict(list)
    for one in operations:
        found[one["did"]].append(tuple(one[name] for name in names))
    return dict(found)


def record_events(events):
    return [one for one in events if one["kind"] in ("create", "update", "delete")]


def operations_in(events):
    """The operations in what `log read --history --json` printed, in the truth's words.

    What follows on the deletion of an account, a tombstone for each record that it had, is no
    operation; it is checked here that there is exactly one for each.
    """
    cids = {one["seq"]: one.get("cid") for one in events}
    living, found = collections.defaultdict(set), []
    gone = set()
    for one in events:
        did = one.get("did")
        if one["kind"] == "account" and one.get("status") == "deleted":
            gone.add(did)
        if one["kind"] not in ("create", "update", "delete"):
            continue
        path = one["collection"], one["rkey"]
        if did in gone:
            assert one["kind"] == "delete", one
            living[did].remove(path)
            continue
        previous = one["previous"]
        prev = cids[previous["seq"]] if previous["state"] == "known" else None
        found.append({**one, "action": one["kind"], "cid": one.get("cid"), "prev": prev})
        if one["kind"] == "delete":
            living[did].remove(path)
        else:
            living[did].add(path)
    for did in gone:
        assert not living[did], f"{did} was deleted, and has {living[did]}"
    return found


def states_in(events):
    """{did: (rev, number of records, SHA-256 of what truth/repos.jsonl hashes)}"""
    records, revs = collections.defaultdict(dict), {}
    for one in record_events(events):
        path = f"{one['collection']}/{one['rkey']}"
        revs[one["did"]] = one["rev"]
        if one["kind"] == "delete":
            records[one["did"]].pop(path)
        else:
            records[one["did"]][path] = one["cid"]
    states = {}
    for did, paths in records.items():
        lines = "".join(f"{path} {cid}\n" for path, cid in sorted(paths.items()))
        states[did] = revs[did], len(paths), hashlib.sha256(lines.encode()).hexdigest()
    return states


def wrong_records(events):
    """The events whose record, encoded anew, is not what its CID says; or that lack it."""
    return [one for one in record_events(events)
            if one["kind"] != "delete" and (one["record"] is None
                                            or dag_cbor.cid_of(one["record"]) != one["cid"])]


def without_place(events):
    """What two logs of the same events have in common: not when and from where they came."""
    own = ("seq", "time", "witness_us", "source", "flags", "previous")
    return [{name: value for name, value in one.items() if name not in own} for one in events]
