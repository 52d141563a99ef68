#!/usr/bin/env python3
"""What a real PDS has sent gives exactly what the reference libraries say of it, whichever way it
comes: from a file, over a connection, as JSON, cut off, twice, or again from the beginning."""

import gzip
import hashlib
import json
import pathlib
import struct
import tempfile
import unittest

import capture
from engine import Engine, SHIPPED, capture_of, comes_true, source_of
from firehose import Firehose, Jetstream

COUNTS = json.loads((SHIPPED / "about.json").read_text())["counts"]
OPERATIONS = capture.shipped_operations()
FRAMES = capture.shipped_frames()


def tombstones():
    """How many records the deleted account had: each becomes a tombstone."""
    kept, living = capture.shipped_repos(), {}
    for did, operations in capture.by_repo(OPERATIONS).items():
        paths = set()
        for _, action, collection, rkey, *_ in operations:
            (paths.discard if action == "delete" else paths.add)((collection, rkey))
        living[did] = len(paths)
    (gone,) = [did for did in living if did not in kept and did in deleted()]
    return living[gone]


def deleted():
    return {one["did"] for one in lines() if one.get("account", {}).get("status") == "deleted"}


def lines():
    with gzip.open(SHIPPED / "events.jsonl.gz", "rt") as file:
        return [json.loads(line) for line in file]


EVENTS = len(OPERATIONS) + COUNTS["#identity"] + COUNTS["#account"] + tombstones()
WITH_SYNC = EVENTS + COUNTS["#sync"]


class ALog(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.temporary.name)

    def plain(self, name):
        """The capture in this form, unpacked."""
        file = self.folder / name
        packed = SHIPPED / ("frames.zst" if name == "frames" else "events.jsonl.gz")
        file.write_bytes(capture.unpacked(packed) if name == "frames"
                         else gzip.decompress(packed.read_bytes()))
        return file

    def tearDown(self):
        self.temporary.cleanup()

    def log_of(self, name, sources, expected, meanwhile=lambda engine: None):
        """What an engine with these sources has recorded when it stops in good order."""
        with Engine(self.folder / name, sources) as engine:
            meanwhile(engine)
            self.assertTrue(engine.reaches(expected), f"{engine.last()} of {expected} events\n"
                            + engine.told()[-2000:])
            self.assertEqual(engine.stop(), 0, engine.told()[-2000:])
        self.assertIn(f"{expected:,} events checked: ok", engine.refold("log", "verify"))
        events = engine.events()
        self.assertEqual(len(events), expected)
        return events

    def is_the_truth(self, events):
        found = capture.operations_in(events)
        self.assertEqual(capture.by_repo(found), capture.by_repo(OPERATIONS))
        self.assertEqual([(one["did"], one["rev"], one["rkey"]) for one in found],
                         [(one["did"], one["rev"], one["rkey"]) for one in OPERATIONS])
        self.assertEqual(capture.wrong_records(events), [])
        states = capture.states_in(events)
        for did, repo in capture.shipped_repos().items():
            if repo["records"]:
                self.assertEqual(states[did][1:], (repo["records"], repo["sha256"]), did)

    def test_repos_imported_before_between_or_after_the_frames_end_in_the_same_heads(self):
        cars = sorted((SHIPPED / "repos").glob("*.car"))
        dids = [car.stem.replace("-", ":") for car in cars]
        for at in (0, len(FRAMES) // 2, len(FRAMES)):
            engine = Engine(self.folder / str(at))
            parts = []
            for number, frames in enumerate((FRAMES[:at], FRAMES[at:])):
                parts.append(engine.folder / f"frames-{number}")
                parts[-1].write_bytes(b"".join(struct.pack(">I", len(one)) + one
                                               for one in frames))
            engine.refold("import", *([parts[0]] if at > 0 else []), *cars,
                          *([parts[1]] if at < len(FRAMES) else []))
            lines = engine.refold("log", "read", "--json").split("\n")
            events = [json.loads(line) for line in lines if line]
            for did in dids:
                paths = {}
                for one in capture.record_events(events):
                    path = f"{one['collection']}/{one['rkey']}"
                    if one["did"] == did and one["kind"] == "delete":
                        paths.pop(path)
                    elif one["did"] == did:
                        paths[path] = one["cid"]
                said = "".join(f"{path} {cid}\n" for path, cid in sorted(paths.items()))
                truth = capture.shipped_repos()[did]
                self.assertEqual((len(paths), hashlib.sha256(said.encode()).hexdigest()),
                                 (truth["records"], truth["sha256"]), (at, did))

    def test_the_frames_from_disk_are_the_truth(self):
        events = self.log_of("disk", [capture_of(self.plain("frames"))], WITH_SYNC)
        self.is_the_truth(events)

    def test_a_connection_and_json_give_the_log_that_the_file_gives(self):
        disk = self.log_of("disk", [capture_of(self.plain("frames"))], WITH_SYNC)
        with Firehose(FRAMES) as server:
            live = self.log_of("live", [source_of(server)], WITH_SYNC)
        as_json = self.log_of("json", [capture_of(self.plain("events"))], EVENTS)
        with Jetstream([json.dumps(line).encode() for line in lines()]) as server:
            jetstream = self.log_of("jetstream", [source_of(server, kind="jetstream")], EVENTS)
        for events in (live, as_json, jetstream):
            self.is_the_truth(events)
        self.assertEqual(capture.without_place(live), capture.without_place(disk))
        carried = [one for one in disk if one["kind"] != "sync"]
        self.assertEqual(capture.without_place(as_json), capture.without_place(carried))
        self.assertEqual(capture.without_place(jetstream), capture.without_place(carried))

    def test_two_sources_of_the_same_data_give_one_log(self):
        with Firehose(FRAMES) as one, Firehose(FRAMES) as other:
            both = [source_of(one, "one"), source_of(other, "other"),
                    capture_of(self.plain("events"))]
            # Which of them is the first with an identity or an account event is not the same for
            # all, and each source's own is an event: only records are compared.
            with Engine(self.folder / "both", both) as engine:
                self.assertTrue(comes_true(lambda: one.wait_for(len(FRAMES), 1)
                                           and other.wait_for(len(FRAMES), 1)
                                           and "capture is ended" in engine.told()))
                self.assertTrue(engine.reaches(EVENTS))
                self.settles(engine)
                self.assertEqual(engine.stop(), 0)
            events = engine.events()
        self.assertEqual(sorted(map(str, capture.by_repo(capture.operations_in(events)).items())),
                         sorted(map(str, capture.by_repo(OPERATIONS).items())))

    def settles(self, engine):
        before = -1
        while before != (before := engine.last()):
            comes_true(lambda: False, 0.5)

    def test_a_source_that_begins_again_at_cursor_0_appends_nothing(self):
        with Firehose(FRAMES) as server:
            with Engine(self.folder / "again", [source_of(server)]) as engine:
                self.assertTrue(engine.reaches(WITH_SYNC))
                engine.refold("source", "pause", "network")
                engine.refold("source", "set", "network", "--cursor", "0")
                engine.refold("source", "resume", "network")
                self.assertTrue(comes_true(lambda: server.connections > 1))
                self.assertTrue(server.wait_for(len(FRAMES)))
                self.settles(engine)
                self.assertEqual(engine.last(), WITH_SYNC)

    def test_a_connection_that_is_cut_inside_a_frame_loses_nothing(self):
        with Firehose(FRAMES) as server:
            server.cut_after = 400

            def heal(engine):
                comes_true(lambda: server.connections > 3, 60)
                server.cut_after = None
            events = self.log_of("cut", [source_of(server)], WITH_SYNC, heal)
        self.assertGreater(server.connections, 3)
        self.is_the_truth(events)


if __name__ == "__main__":
    unittest.main()
