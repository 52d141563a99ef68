#!/usr/bin/env python3
"""The projection that README.md shows is what it says: it builds, is taken, and counts."""

import collections
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import reference
from engine import Engine, SHIPPED

ROOT = SHIPPED.parents[1]
SAMPLE = ROOT / "examples" / "sample" / "events.jsonl.gz"


class TheReadme(unittest.TestCase):
    def test_shows_a_projection_that_works(self):
        code = re.search(r"```cpp\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[1]
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "likes.cpp").write_text(code)
            subprocess.run([os.environ.get("CXX", "c++"), "-std=c++20", "-shared", "-fPIC",
                            "-fvisibility=hidden", '-DREFOLD_PLUGIN_NAME="likes"',
                            f"-I{ROOT}/sdk/include", "likes.cpp", "-o", "likes.so"],
                           cwd=folder, check=True)
            with Engine(folder / "engine") as engine:
                engine.refold("import", SAMPLE)
                engine.refold("plugin", "load", folder / "likes.so")
                liked = self.likes(engine.refold("log", "read", "--json").split("\n"))
                self.assertGreater(len(liked), 100)
                for uri, count in liked.most_common(20):
                    self.assertEqual(engine.query("likes", "count", uri=uri), count)

    def test_shows_commands_that_there_are(self):
        shown = re.findall(r"^\$ refold (.+)$", (ROOT / "README.md").read_text(), re.MULTILINE)
        self.assertGreater(len(shown), 10)
        for line in shown:
            words = line.split()
            text = reference.help_of(words[:1])
            if below := reference.commands_in(text):
                self.assertIn(words[1], below, line)
                text = reference.help_of(words[:2])
            for option in re.findall(r" (--[a-z-]+)", line):
                self.assertIn(option, text, line)

    @staticmethod
    def likes(lines):
        """How often each thing is liked in the end, by the events."""
        living = {}
        for one in (json.loads(line) for line in lines if line):
            if one.get("collection") == "app.bsky.feed.like":
                subject = (one.get("record") or {}).get("subject", {}).get("uri")
                living[one["did"], one["rkey"]] = subject
        return collections.Counter(uri for uri in living.values() if uri)


if __name__ == "__main__":
    unittest.main()
