#!/usr/bin/env python3
"""With a real PDS: the engine follows it live while accounts live their lives, while the engine and
the PDS are killed and connections are cut; what it has then is what the reference libraries say.

REFOLD_E2E_PDS_KILLS says how often the engine is killed (8).
"""

import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import capture
from engine import ARABICA, REFOLD, Engine, capture_of, comes_true, source_of
from network import Network, installed

KILLS = int(os.environ.get("REFOLD_E2E_PDS_KILLS", "8"))
NAMES = ("ada", "bruno", "clara", "dmitri")


def create(collection, rkey=None, **record):
    return {"action": "create", "collection": collection, **({"rkey": rkey} if rkey else {}),
            "record": {"createdAt": "2026-01-31T12:00:00Z", **record}}


class ARealPds(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.temporary.name)
        self.network = Network(self.folder / "network")
        self.network.folder.mkdir()
        self.network.__enter__()
        self.dids = [self.network.account(name=name)["did"] for name in NAMES]

    def tearDown(self):
        self.network.__exit__()
        self.temporary.cleanup()

    def live(self):
        """Some of everything that people do."""
        one, other, third, fourth = self.dids
        bean = self.network.write(did=one, writes=[
            create("social.arabica.alpha.bean", name="Yirgacheffe")])["results"][0]["uri"]
        for rating in range(1, 6):
            self.network.write(did=other, writes=[
                create("social.arabica.alpha.brew", beanRef=bean, rating=rating),
                create("app.bsky.feed.post", text=f"that was a {rating}")])
        brew = self.network.write(did=third, writes=[
            create("social.arabica.alpha.brew", beanRef=bean, rating=9)])["results"][0]["uri"]
        rkey = brew.rsplit("/", 1)[1]
        self.network.write(did=third, writes=[
            {**create("social.arabica.alpha.brew", beanRef=bean, rating=10), "action": "update",
             "rkey": rkey}])
        self.network.write(did=third, writes=[
            {"action": "delete", "collection": "social.arabica.alpha.brew", "rkey": rkey}])
        post = self.network.write(did=third, writes=[
            create("app.bsky.feed.post", text="a thought"),
            create("app.bsky.actor.profile", rkey="self", displayName="Clara")])
        rkey = post["results"][0]["uri"].rsplit("/", 1)[1]
        profile = {"collection": "app.bsky.actor.profile", "rkey": "self"}
        self.network.write(did=third, writes=[
            {"action": "delete", "collection": "app.bsky.feed.post", "rkey": rkey},
            create("app.bsky.feed.post", text="a better one"),
            {**create("app.bsky.actor.profile", displayName="Clara M."), **profile,
             "action": "update"}])
        self.network.write(did=third, writes=[{**profile, "action": "delete"}])
        self.network.handle(did=one, name="ada-moved")
        self.network.deactivate(did=other)
        self.network.activate(did=other)
        self.network.write(did=fourth, writes=[create("app.bsky.feed.post", text="goodbye")])
        self.network.delete(did=fourth)

    def is_the_truth(self, events, truth):
        found = capture.by_repo(capture.operations_in(events))
        expected = capture.by_repo(truth["operations"])
        self.assertEqual(found, expected)
        self.assertEqual(capture.wrong_records(events), [])
        states = capture.states_in(events)
        for repo in truth["repos"]:
            if repo["records"] and not repo["forked"]:
                self.assertEqual(states[repo["did"]][0:2], (repo["rev"], len(repo["records"])))

    def has_all(self, engine, truth):
        """Whether it comes to have every operation."""
        wanted = {(one["did"], one["rev"], one["rkey"]) for one in truth["operations"]}

        def missing():
            return wanted - {(one["did"], one["rev"], one["rkey"])
                             for one in capture.record_events(engine.events())}
        return comes_true(lambda: not missing(), seconds=300, pause=1)

    def test_a_live_connection_a_capture_of_it_and_json_give_the_truth(self):
        sources = [source_of(self.network.firehose)]
        captured = self.folder / "captured"
        capturing = subprocess.Popen([REFOLD, "capture", self.network.firehose, "-o", captured,
                                      "--start", "oldest", "--private-addresses"],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(capturing.kill)
        with Engine(self.folder / "live", sources, ARABICA) as engine:
            self.assertTrue(comes_true(captured.exists))
            # What an account that is deleted has sent is not sent again.
            self.assertTrue(comes_true(lambda: engine.last() >= len(self.dids)))
            self.live()
            truth = self.network.truth()
            self.assertTrue(self.has_all(engine, truth), engine.told()[-2000:])
            engine.verify_views()
            top = engine.query("beans", "top")
            self.assertEqual([(one["rated"], one["average"]) for one in top], [(5, 3)])
            self.assertEqual(engine.stop(), 0)
        live = engine.events()
        self.is_the_truth(live, truth)
        self.assertFalse([repo["did"] for repo in truth["repos"] if repo["forked"]])
        recorded = pathlib.Path(self.network.frames).read_bytes()
        self.assertTrue(comes_true(lambda: captured.stat().st_size == len(recorded)))
        capturing.send_signal(signal.SIGINT)
        capturing.wait()
        self.assertEqual(captured.read_bytes(), recorded)
        as_json = self.network.lines()
        for name, file in (("disk", captured), ("json", as_json["file"])):
            with Engine(self.folder / name, [capture_of(file)]) as engine:
                self.assertTrue(comes_true(lambda: "capture is ended" in engine.told()))
                self.assertEqual(engine.stop(), 0)
            events = engine.events()
            self.is_the_truth(events, truth)
            same = live if name == "disk" else [one for one in live if one["kind"] != "sync"]
            self.assertEqual(capture.without_place(events), capture.without_place(same))

    def test_killed_engines_a_killed_pds_and_cut_connections_lose_and_repeat_nothing(self):
        chance = random.Random(4)
        engine = Engine(self.folder / "engine", [
            source_of(self.network.proxy, "one"),
            source_of(self.network.firehose, "other")], ARABICA)
        self.network.load(rate=40, seconds=600)
        for _ in range(KILLS):
            engine.start()
            time.sleep(chance.uniform(0.1, 1))
            engine.kill()
        with engine:
            self.network.cut(frames=20)
            self.assertTrue(comes_true(lambda: self.network.cuts()["cuts"] >= 3))
            self.network.cut(frames=None)
            self.assertTrue(any(one["wrote"] for one in self.network.wrote))
            self.network.kill_pds()
            self.assertTrue(comes_true(lambda: not self.network.wrote[-1]["wrote"]))
            self.network.start_pds()
            self.assertTrue(comes_true(lambda: self.network.wrote[-1]["wrote"]))
            self.network.enough()
            for did in self.dids:
                self.network.write(did=did, writes=[create("app.bsky.feed.post", text="still")])
            truth = self.network.truth()
            self.assertTrue(self.has_all(engine, truth), engine.told()[-2000:])
            engine.verify_views()
            self.assertEqual(engine.stop(), 0)
        self.is_the_truth(engine.events(), truth)
        self.assertLess(sum(repo["forked"] for repo in truth["repos"]), len(self.dids))


if __name__ == "__main__":
    if not installed():
        print("the reference PDS is not installed (tests/e2e/install.sh): skipped")
        sys.exit(77)
    unittest.main()
