#!/usr/bin/env python3
"""The quickstart prints what README.md shows, and follows a Jetstream as well.

Of an installation of what is built here, so that it builds nothing but the plugins."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from engine import SHIPPED
from firehose import Jetstream
from ingest_test import lines

ROOT = SHIPPED.parents[1]
BUILD = pathlib.Path(os.environ["REFOLD_BUILD"])


def timeless(text):
    """From the first command on, without what is another each time."""
    text = text[text.index("$ refold init ."):text.index("the engine has stopped")]
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z  ", "TIME  ", text)
    # (Said unless all of it was done before it was looked at for the first time.)
    text = re.sub(r"; [0-9,]+ events in [^,;\n]*, [0-9,]+ events/s", "", text)
    text = re.sub(r"localhost:\d+", "localhost:PORT", text)
    text = re.sub(r"[0-9.]+ [kM]B", "SIZE", text).replace(str(ROOT), "REFOLD")
    return re.sub(r"[ -]{2,}", "  ", text).split("\n")


class FromTheBeginning(Jetstream):
    """For whoever has no cursor, too."""

    def _first_after(self, cursor):
        return super()._first_after(cursor or 0)


class TheQuickstart(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.prefix = pathlib.Path(cls.temporary.name) / "installed"
        for component in ("engine", "sdk"):
            subprocess.run(["cmake", "--install", BUILD, "--component", component, "--prefix",
                            cls.prefix], stdout=subprocess.DEVNULL, check=True)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def run_it(self, *options):
        done = subprocess.run([ROOT / "examples" / "quickstart.sh", "--installed", self.prefix,
                               *options], text=True, stdin=subprocess.DEVNULL, check=False,
                              capture_output=True, timeout=1800)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_prints_what_the_readme_shows(self):
        readme = (ROOT / "README.md").read_text()
        shown = re.search(r"```\n(\$ refold init \..*?)```", readme, re.DOTALL)[1]
        self.assertEqual(timeless(self.run_it()), timeless(shown))

    def test_follows_a_jetstream(self):
        with FromTheBeginning([json.dumps(line).encode() for line in lines()]) as server:
            said = self.run_it("--live", server.url)
        self.assertRegex(said, r"jetstream +connected")
        self.assertRegex(said, r"'talk' is live at seq [1-9]")


if __name__ == "__main__":
    unittest.main()
