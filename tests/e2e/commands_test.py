#!/usr/bin/env python3
"""The real program from outside, with Arabica's plugins: load, ask, replay while events come in,
upgrade, roll back, pause, resume, stop in the middle; and the same commands without an engine."""

import contextlib
import json
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import time
import unittest

import capture
from engine import (ARABICA, Engine, Failed, PATIENCE, PLUGINS, SHIPPED, comes_true, plugin,
                    source_of)
from firehose import Firehose
from ingest_test import WITH_SYNC

FRAMES = capture.shipped_frames()
TEST_PLUGINS = PLUGINS.parent
SINCE = json.loads((SHIPPED / "about.json").read_text())["decigramsSince"]


def beans():
    """By the truth: (name, number of ratings, average) of every bean that there is."""
    import gzip
    living = {}
    with gzip.open(SHIPPED / "events.jsonl.gz", "rt") as lines:
        for line in map(json.loads, lines):
            if line.get("account", {}).get("status") == "deleted":
                living = {path: one for path, one in living.items() if line["did"] not in path}
            if "commit" not in line:
                continue
            commit = line["commit"]
            path = f"at://{line['did']}/{commit['collection']}/{commit['rkey']}"
            living.pop(path, None)
            if "record" in commit:
                living[path] = commit["record"]
    scores = {}
    for path, one in living.items():
        if "/social.arabica.alpha.brew/" in path and one.get("rating"):
            scores.setdefault(one["beanRef"], []).append(one["rating"])
    return {path: (one["name"], len(scores.get(path, [])),
                   round(sum(scores.get(path, [])) / max(1, len(scores.get(path, []))), 4))
            for path, one in living.items() if "/social.arabica.alpha.bean/" in path}


class Commands(unittest.TestCase):
    """One engine, which has recorded half of the capture; each test has its own projection."""

    @classmethod
    def setUpClass(cls):
        cls.clean = contextlib.ExitStack()
        folder = pathlib.Path(cls.clean.enter_context(tempfile.TemporaryDirectory()))
        cls.server = cls.clean.enter_context(Firehose(FRAMES))
        cls.server.allow(len(FRAMES) // 2)
        cls.engine = cls.clean.enter_context(Engine(folder, [source_of(cls.server)]))
        assert cls.server.wait_for(len(FRAMES) // 2)

    @classmethod
    def tearDownClass(cls):
        cls.clean.close()

    def setUp(self):
        self.name = self.id().rsplit("_", 1)[1][:20]

    def load(self, library, projection=None, *more):
        words = ["--projection", projection] if projection else []
        return self.engine.refold("plugin", "load", PLUGINS / f"{library}.so", "--name", self.name,
                                  *words, *more)

    def state(self):
        return self.engine.json("projection", "show", self.name)

    def test_a_projection_is_loaded_into_the_running_engine_and_answers_over_http_loaded(self):
        self.assertIn("is live", self.load("arabica", "beans"))
        top = self.engine.query(self.name, "top", limit=3)
        self.assertEqual(len(top), 3)
        one = self.engine.query(self.name, "bean", uri=top[0]["uri"])
        self.assertEqual(len(one["brews"]["items"]) > 0, True, one)
        self.assertIn(self.name, self.engine.refold("projection", "list"))
        # The same question on the command line has the same answer.
        self.assertEqual(json.loads(self.engine.refold("query", self.name, "top", "limit=3")), top)

    def test_rows_and_seqs_over_http_rows(self):
        self.load("arabica", "gear")
        tables = [one["name"] for one in self.state()["generations"][-1]["tables"]]
        status, headers, body = self.engine.get(f"/projections/{self.name}/tables/{tables[0]}",
                                                limit=2)
        self.assertEqual(status, 200, body)
        self.assertLessEqual(int(headers["Refold-Seq"]), self.engine.last())
        rows = json.loads(body)
        self.assertEqual(len(rows["rows"]), 2, rows)
        more = self.engine.ask(f"/projections/{self.name}/tables/{tables[0]}", limit=2,
                               **{"from": rows["next"]})
        self.assertNotEqual(more["rows"][0], rows["rows"][0])

    def test_an_upgrade_changes_the_answer_and_a_roll_back_gives_the_old_one_doses(self):
        self.load("doses-1")
        before = self.engine.query(self.name, "methods")
        with self.asking("beside", "gear"):
            self.upgrade_and_go_back(before)

    @contextlib.contextmanager
    def asking(self, name, projection):
        """Meanwhile another projection is asked all the time, and answers each time."""
        self.engine.refold("plugin", "load", PLUGINS / "arabica.so", "--name", name,
                           "--projection", projection)
        done, statuses = threading.Event(), []

        def ask():
            while not done.is_set():
                statuses.append(self.engine.get(f"/projections/{name}")[0])
                statuses.append(self.engine.get(f"/projections/{name}/query/most")[0])
        asking = threading.Thread(target=ask)
        asking.start()
        try:
            yield
        finally:
            done.set()
            asking.join()
        self.assertGreater(len(statuses), 4)
        self.assertEqual(set(statuses), {200})
        self.assertEqual(self.engine.json("projection", "show", name)["generation"], 1)

    def upgrade_and_go_back(self, before):
        said = self.engine.refold("plugin", "upgrade", self.name, PLUGINS / "doses-2.so",
                                  "--option", f"decigrams-since={SINCE}")
        self.assertIn("generation 2", said)
        after = self.engine.query(self.name, "methods")
        self.assertEqual(self.state()["generation"], 2)
        self.engine.refold("projection", "verify", self.name)
        self.engine.refold("projection", "rollback", self.name)
        self.assertEqual(self.engine.query(self.name, "methods"), before)
        self.engine.refold("projection", "rollback", self.name)
        self.assertEqual(self.engine.query(self.name, "methods"), after)

    def test_a_replay_goes_on_while_events_come_in_and_queries_are_answered_replay(self):
        self.load("arabica", "feed")
        half = self.engine.last()
        done, answered = threading.Event(), []

        def ask():
            while not done.is_set():
                status, headers, body = self.engine.get(
                    f"/projections/{self.name}/query/newest", limit=1)
                answered.append((status, int(headers.get("Refold-Seq", 0)), body))
        asking = threading.Thread(target=ask)
        asking.start()
        try:
            upto = self.server.allowed
            for _ in range(5):
                upto = min(upto + 50, len(FRAMES))
                self.server.allow(upto)
                self.assertIn("is live", self.engine.refold("projection", "replay", self.name))
        finally:
            done.set()
            asking.join()
        self.assertTrue(self.engine.reaches(half + 200))
        self.assertEqual({status for status, _, _ in answered}, {200}, answered[-1])
        seqs = [seq for _, seq, _ in answered]
        self.assertEqual(seqs, sorted(seqs), "an answer is older than the one before it")
        self.assertEqual(self.state()["generation"], 6)
        self.engine.refold("projection", "verify", self.name)

    def test_a_paused_projection_stands_and_a_resumed_one_catches_up_pause(self):
        self.load("arabica", "talk")
        self.engine.refold("projection", "pause", self.name)
        stands = self.state()["generations"][-1]["seq"]
        last = self.engine.last()
        self.server.allow(self.server.allowed + 100)
        self.assertTrue(comes_true(lambda: self.engine.last() >= last + 100))
        self.assertEqual(self.state()["state"], "paused")
        self.assertEqual(self.state()["generations"][-1]["seq"], stands)
        status, _, body = self.engine.get(f"/projections/{self.name}/query/popular",
                                          min_seq=self.engine.last(), timeout=1)
        self.assertEqual(status, 503, body)
        self.engine.refold("projection", "resume", self.name)
        self.assertGreaterEqual(self.state()["generations"][-1]["seq"], last + 100)

    def test_a_paused_source_takes_nothing_and_a_resumed_one_misses_nothing_source(self):
        self.engine.refold("source", "pause", "network")
        last = self.engine.last()
        self.server.allow(self.server.allowed + 50)
        self.assertFalse(comes_true(lambda: self.engine.last() > last, 0.5))
        self.assertIn("paused", self.engine.refold("source", "list"))
        self.engine.refold("source", "resume", "network")
        self.assertTrue(comes_true(lambda: self.engine.last() >= last + 50))

    def test_a_plugin_that_is_none_is_refused_with_a_sentence_refused(self):
        wrong = self.engine.folder / "wrong.so"
        wrong.write_bytes(b"\x7fELF nonsense")
        with self.assertRaisesRegex(Failed, "wrong.so"):
            self.engine.refold("plugin", "load", wrong)
        self.assertEqual(self.engine.ask("/healthz"), {"status": "ok"})

    def test_unloaded_it_is_gone_unload(self):
        self.load("arabica", "recipes")
        self.engine.refold("plugin", "unload", self.name)
        self.assertEqual(self.engine.get(f"/projections/{self.name}")[0], 404)


class ALifetime(unittest.TestCase):
    def setUp(self):
        self.clean = contextlib.ExitStack()
        self.folder = pathlib.Path(self.clean.enter_context(tempfile.TemporaryDirectory()))
        self.server = self.clean.enter_context(Firehose(FRAMES))

    def tearDown(self):
        self.clean.close()

    def test_commands_say_the_same_with_an_engine_and_without_and_the_tables_are_the_truth(self):
        asked = [("log", "stat", "--json"), ("log", "root"), ("log", "tail", "-n", "5", "--json"),
                 ("log", "read", "--limit", "50", "--history", "--json"), ("log", "show", "7"),
                 ("log", "cursors", "--json"), ("log", "verify"), ("projection", "list"),
                 ("projection", "show", "feed"), ("projection", "rows", "beans", "beans"),
                 ("query", "beans", "top", "limit=100"), ("query", "feed", "newest"),
                 ("projection", "verify", "talk"), ("plugin", "list", "--json"),
                 ("log", "show", "99999"), ("query", "beans", "nothing"),
                 ("projection", "show", "nobody")]
        engine = Engine(self.folder, [source_of(self.server)], ARABICA)
        with engine:
            self.assertTrue(engine.reaches(WITH_SYNC))
            for view in ARABICA:
                engine.refold("projection", "wait", view["name"])
            found = {one["uri"]: (one["name"], one["rated"], one["average"])
                     for one in engine.query("beans", "top", limit=100)}
            with_it = {words: engine.run(*words) for words in asked}
            self.assertEqual(engine.stop(), 0)
        truth = beans()
        self.assertGreater(len(found), 20)
        for uri, (name, rated, average) in found.items():
            self.assertEqual((name, rated), truth[uri][:2])
            self.assertAlmostEqual(average, truth[uri][2], 1)
        for words, before in with_it.items():
            after = engine.run(*words)
            self.assertEqual((self.timeless(before.stdout), before.stderr, before.returncode),
                             (self.timeless(after.stdout), after.stderr, after.returncode), words)

    @staticmethod
    def timeless(text):
        """How large a file is, and how long something took, differ from run to run."""
        text = re.sub(r'"(seconds|lag_seconds)":[0-9.]+', "", text)
        text = re.sub(r'"(activity|why)":"[^"]*",', "", text)
        text = re.sub(r'"(tail_)?file_bytes":[0-9]+', "", text)
        return re.sub(r"\(file [^)]*\)", "", text)

    def test_sigterm_in_the_middle_of_a_replay_stops_in_good_order_and_it_goes_on_later(self):
        slow = {"name": "slow", "plugin": str(TEST_PLUGINS / "plugins" / "slow.so")}
        engine = Engine(self.folder, [source_of(self.server)], [slow])

        def state():
            return engine.json("projection", "show", "slow")
        with engine:
            self.assertTrue(engine.reaches(WITH_SYNC))
            engine.refold("projection", "wait", "slow")
            self.assertTrue(comes_true(lambda: state()["state"] == "live"))
            replaying = threading.Thread(target=engine.run, args=("projection", "replay", "slow"))
            replaying.start()
            self.assertTrue(comes_true(
                lambda: len(engine.ask("/projections/slow")["generations"]) > 1, pause=0))
            began = time.monotonic()
            self.assertEqual(engine.stop(), 0, engine.told()[-2000:])
            self.assertLess(time.monotonic() - began, 30)
            replaying.join(PATIENCE)
        left = state()
        self.assertEqual(left["generation"], 1)
        self.assertLess(min(one["seq"] for one in left["generations"]), WITH_SYNC)
        with engine:
            self.assertTrue(comes_true(lambda: state()["generation"] == 2))
            engine.refold("projection", "verify", "slow")
            self.assertEqual(engine.last(), WITH_SYNC)

    def hanging(self, stop_time_max):
        """An engine with a projection that does not return, in a thread of its own process."""
        library = TEST_PLUGINS / "load" / "hangs.so"
        if not library.exists():
            self.skipTest("tests/load is not built")
        hangs = {"name": "hangs", "plugin": str(library), "isolation": "thread"}
        engine = Engine(self.folder, [source_of(self.server)], [hangs],
                        limits={"stop_time_max": stop_time_max})
        self.clean.enter_context(engine)
        self.assertTrue(engine.reaches(WITH_SYNC))
        self.assertTrue(comes_true(
            lambda: engine.json("projection", "show", "hangs")["generations"][0]["seq"] < 500))
        time.sleep(2)  # until it is at that event
        return engine

    def test_a_second_signal_hurries_and_nothing_that_was_recorded_is_lost(self):
        engine = self.hanging("10min")
        engine.process.send_signal(signal.SIGTERM)
        with self.assertRaises(subprocess.TimeoutExpired):
            engine.process.wait(2)
        self.assertEqual(engine.stop(), 1)
        self.assertIn("did not stop in time", engine.told())
        self.assertEqual(len(engine.events()), WITH_SYNC)
        engine.refold("log", "verify")

    def test_what_does_not_stop_is_not_waited_for_without_end(self):
        engine = self.hanging("1s")
        self.assertEqual(engine.stop(), 1)
        self.assertIn("did not stop in time", engine.told())
        self.assertEqual(len(engine.events()), WITH_SYNC)

    def test_a_stop_while_events_come_in_loses_none(self):
        engine = Engine(self.folder, [source_of(self.server)])
        for upto in (300, 900, len(FRAMES)):
            with engine:
                self.server.allow(upto)
                self.assertTrue(self.server.wait_for(upto - 20))
                if upto != len(FRAMES):
                    self.assertEqual(engine.stop(), 0)
                    continue
                self.assertTrue(engine.reaches(WITH_SYNC))
                self.assertEqual(engine.stop(), 0)
        self.assertEqual(len(engine.events()), WITH_SYNC)

    def test_a_reload_adds_a_source_and_a_projection(self):
        with Engine(self.folder) as engine:
            engine.configure([source_of(self.server)], ARABICA[:1])
            engine.process.send_signal(signal.SIGHUP)
            self.assertTrue(engine.reaches(WITH_SYNC), engine.told()[-2000:])
            self.assertTrue(comes_true(lambda: engine.get("/projections/beans")[0] == 200))
            engine.refold("projection", "wait", "beans")
            self.assertGreater(len(engine.query("beans", "top")), 3)

    def test_a_roll_back_holds_over_a_reload_and_a_restart(self):
        with Engine(self.folder, [source_of(self.server)], [plugin("doses", "doses-1")]) as engine:
            self.assertTrue(engine.reaches(WITH_SYNC))
            engine.refold("projection", "wait", "doses")
            before = engine.query("doses", "methods")
            new = plugin("doses", "doses-2", options={"decigrams-since": SINCE})
            engine.configure([source_of(self.server)], [new])
            engine.refold("reload")
            self.assertTrue(comes_true(
                lambda: engine.json("projection", "show", "doses")["generation"] == 2))
            self.assertNotEqual(engine.query("doses", "methods"), before)
            said = engine.refold("projection", "rollback", "doses")
            self.assertIn("refold.toml still names", said)
            engine.refold("reload")
            engine.kill()
            engine.start()
            self.assertTrue(comes_true(lambda: "brought about before" in engine.told()
                                       or engine.get("/readyz")[0] == 200))
            self.assertEqual(engine.json("projection", "show", "doses")["generation"], 1)
            self.assertEqual(engine.query("doses", "methods"), before)

    def test_another_host_is_followed_when_it_is_said_where_to_start(self):
        with Engine(self.folder, [source_of(self.server)]) as engine:
            self.assertTrue(engine.reaches(WITH_SYNC))
            moved = source_of(self.server.url.replace("127.0.0.1", "localhost"), start="now")
            engine.configure([moved])
            self.assertIn("has followed another host", engine.refold("reload"))
            self.assertEqual(engine.get("/readyz")[0], 503)
            listed = engine.json("source", "list")
            self.assertIn("another host", listed[0]["why"], listed)
            engine.configure([{**moved, "start": "oldest"}])
            self.assertNotIn("has followed another host", engine.refold("reload"))
            self.assertTrue(comes_true(lambda: engine.get("/readyz")[0] == 200))
            self.assertTrue(comes_true(
                lambda: engine.json("source", "list")[0]["state"] == "connected"))
            self.assertEqual(engine.last(), WITH_SYNC)

    def test_sources_are_changed_without_an_engine_for_the_next_one(self):
        engine = Engine(self.folder)
        with engine:
            self.assertEqual(engine.stop(), 0)
        engine.refold("source", "add", "later", self.server.url, "--private-addresses",
                      "--start", "oldest")
        self.assertIn("already", engine.run("source", "add", "later", self.server.url).stderr)
        engine.refold("source", "pause", "later")
        self.assertEqual(engine.json("source", "list")[0]["state"], "paused")
        with engine:
            self.assertEqual(engine.json("source", "list")[0]["state"], "paused")
            self.assertEqual(engine.last(), 0)
            self.assertEqual(engine.stop(), 0)
        engine.refold("source", "resume", "later")
        with engine:
            self.assertTrue(engine.reaches(WITH_SYNC))

    def test_a_second_engine_is_told_who_has_the_data(self):
        with Engine(self.folder) as engine:
            other = Engine(self.folder / "other")
            other.data = engine.data
            other.configure()
            with self.assertRaisesRegex(Failed, f"another process holds it.*{engine.process.pid}"):
                other.start()
            self.assertEqual(engine.ask("/healthz"), {"status": "ok"})


if __name__ == "__main__":
    unittest.main()
