#!/usr/bin/env python3
"""The projection that README.md shows is what it says: it builds, is taken, and counts."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from engine import Engine, SHIPPED, capture_of, comes_true

ROOT = SHIPPED.parents[1]


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
            with Engine(folder / "engine", [capture_of(SHIPPED / "frames.zst")]) as engine:
                self.assertTrue(comes_true(lambda: "capture is ended" in engine.told()))
                engine.refold("plugin", "load", folder / "likes.so")
                liked = {}
                for one in engine.events():
                    if one.get("collection") == "app.bsky.feed.like" and one.get("record"):
                        uri = one["record"]["subject"]["uri"]
                        liked[uri] = liked.get(uri, 0) + 1
                uri = max(liked, key=liked.get)
                self.assertGreater(engine.query("likes", "count", uri=uri), 0)
                self.assertLessEqual(engine.query("likes", "count", uri=uri), liked[uri])


if __name__ == "__main__":
    unittest.main()
