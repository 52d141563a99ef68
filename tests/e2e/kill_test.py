#!/usr/bin/env python3
"""kill -9 at random moments while events come in: afterwards nothing is twice, nothing is missing,
and every view is what a clean rebuild gives.

REFOLD_E2E_KILLS says how often (50), REFOLD_E2E_SEED when.
"""

import os
import pathlib
import random
import tempfile
import time
import unittest

import capture
from engine import ARABICA, Engine, comes_true, plugin, source_of
from firehose import Firehose
from ingest_test import OPERATIONS, WITH_SYNC

KILLS = int(os.environ.get("REFOLD_E2E_KILLS", "50"))
SEED = int(os.environ.get("REFOLD_E2E_SEED", "0")) or random.randrange(1, 1 << 30)
VIEWS = [*ARABICA, plugin("doses", "doses-1")]
# One of so many rounds kills while the engine starts, the others while it records.
AT_START = 5


class AKilledEngine(unittest.TestCase):
    def test_has_every_event_once_and_every_view_right(self):
        print(f"{KILLS} kills, REFOLD_E2E_SEED={SEED}", flush=True)
        chance = random.Random(SEED)
        frames = capture.shipped_frames()
        with tempfile.TemporaryDirectory() as folder, Firehose(frames) as server:
            server.allow(0)
            engine = Engine(pathlib.Path(folder), [source_of(server)], VIEWS)
            for round_number in range(KILLS):
                self.one_round(engine, server, chance, len(frames) * (round_number + 1) // KILLS,
                               round_number % AT_START == AT_START - 1)
            with engine:
                server.allow(len(frames))
                self.assertTrue(engine.reaches(WITH_SYNC), engine.told()[-2000:])
                views = engine.verify_views()
                self.assertEqual(sorted(views), sorted(one["name"] for one in VIEWS))
                self.assertEqual(engine.stop(), 0)
            events = engine.events()
            self.assertEqual(len(events), WITH_SYNC)
            self.assertEqual(capture.by_repo(capture.operations_in(events)),
                             capture.by_repo(OPERATIONS))
            self.assertEqual(capture.wrong_records(events), [])
            engine.refold("log", "verify")

    def one_round(self, engine, server, chance, target, at_start):
        """Frames up to about `target` go out; the engine is killed while it works on them."""
        server.allow(target)
        engine.launch()
        if at_start:
            time.sleep(chance.uniform(0, 0.3))
        else:
            # Some before the last of them is sent, some just after.
            wanted = max(1, target - chance.randrange(30))
            self.assertTrue(comes_true(lambda: server.wait_for(wanted, 0.5)
                                       or engine.process.poll() is not None))
            time.sleep(chance.choice([0, 0, 0.002, 0.01, 0.05]))
        self.assertIsNone(engine.process.poll(), engine.told()[-2000:])
        engine.kill()


if __name__ == "__main__":
    unittest.main()
