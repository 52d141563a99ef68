#!/usr/bin/env python3
"""What a user does: installs Refold, has it write a plugin, builds and tests that, builds the
example in C. installed_test.py BUILD_DIR CXX_COMPILER C_COMPILER"""

import datetime
import functools
import gzip
import json
import math
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TID = "234567abcdefghijklmnopqrstuvwxyz"


def run(*command, cwd, fails=False):
    """What a program prints; an error with all of that if it does not end as expected."""
    done = subprocess.run(command, cwd=cwd, env=ENVIRONMENT, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if (done.returncode != 0) != fails:
        raise AssertionError(f"{command} returned {done.returncode}:\n{done.stdout}")
    return done.stdout


def build(folder):
    run("cmake", "-B", "build", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={PREFIX}",
        "-DCMAKE_COMPILE_WARNING_AS_ERROR=ON", cwd=folder)
    run("cmake", "--build", "build", "-j", "2", cwd=folder)
    return run("ctest", "--test-dir", "build", "--output-on-failure", cwd=folder)


class Model:
    """The records that are left in the end of a capture, and what they come to."""

    def __init__(self, folder):
        self.since = json.loads((folder / "about.json").read_text())["decigramsSince"]
        self.records = {}  # by DID, kind and key: the record, and when it was committed
        with gzip.open(folder / "events.jsonl.gz", "rt", encoding="utf-8", newline="\n") as lines:
            for line in lines:
                self.take(json.loads(line))

    def take(self, event):
        did = event["did"]
        if event["kind"] == "account" and event["account"].get("status") == "deleted":
            self.records = {name: one for name, one in self.records.items() if name[0] != did}
        if event["kind"] != "commit":
            return
        commit = event["commit"]
        name = did, commit["collection"].split(".")[-1], commit["rkey"]
        self.records.pop(name, None)
        if "record" in commit:
            self.records[name] = commit["record"], commit["rev"]

    def of(self, kind):
        return [(name, *one) for name, one in self.records.items() if name[1] == kind]

    def score(self, kind, uri):
        """How often a bean or a roaster was rated, and how, on average."""
        beans = {f"at://{did}/social.arabica.alpha.bean/{rkey}": bean.get("roasterRef")
                 for (did, _, rkey), bean, _ in self.of("bean")}
        ratings = [brew["rating"] for _, brew, _ in self.of("brew")
                   if uri == (brew["beanRef"] if kind == "bean" else beans.get(brew["beanRef"]))]
        return len(ratings), math.floor(100 * sum(ratings) / len(ratings) + 0.5) / 100

    def doses(self):
        methods = {}
        for _, brew, rev in self.of("brew"):
            micros = functools.reduce(lambda value, c: value * 32 + TID.index(c), rev, 0) >> 10
            since = datetime.datetime.fromisoformat(self.since.replace("Z", "+00:00")).timestamp()
            unit = 10 if micros < round(since * 1e6) else 1
            methods.setdefault(brew["method"], []).append(brew["coffeeAmount"] * unit)
        return {method: (len(cups), math.floor(sum(cups) / len(cups) + 0.5) / 10)
                for method, cups in methods.items()}


class Installed(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="plugins-", dir=FOLDER))

    def test_a_new_plugin_builds_passes_its_tests_and_is_taken(self):
        said = run(REFOLD, "plugin", "new", "bean-likes", cwd=self.folder)
        self.assertIn("wrote the project bean-likes/", said)
        project = self.folder / "bean-likes"
        self.assertLessEqual((project / "bean-likes.cpp").read_text().count("\n"), 40)
        for file in project.iterdir():
            self.assertNotIn("NAME", file.name + file.read_text())
            self.assertNotIn("TypeName", file.read_text())
        self.assertIn("struct BeanLikes", (project / "bean-likes.cpp").read_text())
        tested = build(project)
        self.assertIn("bean-likes.check ....", tested)
        self.assertIn("bean-likes_test ....", tested)
        self.assertIn("100% tests passed, 0 tests failed out of 2", tested)
        library = project / "build" / "bean-likes.so"
        symbols = run("nm", "--dynamic", "--defined-only", "--extern-only", library, cwd=project)
        self.assertRegex(symbols, r"^[0-9a-f]+ [A-Z] refold_plugin\n$")
        self.commands_of_the_readme(project)

    def commands_of_the_readme(self, project):
        """Those with which a plugin is loaded, asked and upgraded, as they stand there."""
        run(REFOLD, "import", ROOT / "examples" / "sample" / "events.jsonl.gz", "--data", "data",
            cwd=project)
        lines = (project / "README.md").read_text().splitlines()
        load, query, upgrade = [line.split() for line in lines if line.startswith("refold ")]
        self.assertIn("'bean-likes' is loaded", run(REFOLD, *load[1:], cwd=project))
        answer = json.loads(run(REFOLD, *query[1:], cwd=project))
        self.assertEqual([count for _, count in answer], [4, 4, 4])
        source = project / "bean-likes.cpp"
        source.write_text(source.read_text().replace(".fold = 1", ".fold = 2"))
        run("cmake", "--build", "build", "--target", "bean-likes", cwd=project)
        upgraded = run(REFOLD, *upgrade[1:], cwd=project)
        self.assertIn("generation 2 of 'bean-likes' is live", upgraded)
        self.assertEqual(json.loads(run(REFOLD, *query[1:], cwd=project)), answer)

    def test_the_tutorial_prints_what_it_says(self):
        """Its commands, up to the upgrade, and the rows and answers that it shows."""
        page = (ROOT / "docs" / "write-a-projection.md").read_text()
        lines = page[page.index("## A new project"):page.index("## Upgrade it")].splitlines()
        folder, printed = self.folder, ""
        for line in lines:
            if line.startswith("$ cd "):
                folder /= line.removeprefix("$ cd ")
            elif line.startswith("$ "):
                command = line.removeprefix("$ ").replace("REFOLD/", f"{ROOT}/")
                printed = run("bash", "-c", command, cwd=folder)
            elif line.startswith(("[[", '{"key"', "last seq", "100%")):
                self.assertIn(line, printed.splitlines())
        self.assertEqual(printed.count('{"key"'), 2)

    def test_a_test_of_the_new_plugin_can_fail(self):
        # "Data" is also the name of something in refold::testing.
        run(REFOLD, "plugin", "new", "data", cwd=self.folder)
        source = self.folder / "data" / "data.cpp"
        source.write_text(source.read_text().replace("--n", "++n"))
        with self.assertRaisesRegex(AssertionError, "a like that was removed does not count"):
            build(self.folder / "data")

    def test_the_example_in_c_builds_and_is_taken(self):
        example = self.folder / "c-projection"
        shutil.copytree(ROOT / "examples" / "c-projection", example)
        self.assertIn("100% tests passed, 0 tests failed out of 1", build(example))

    def test_the_plugins_of_arabica_build_and_are_taken(self):
        example = self.folder / "arabica"
        shutil.copytree(ROOT / "examples" / "arabica", example)
        run("cmake", "-B", "build", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={PREFIX}",
            "-DCMAKE_COMPILE_WARNING_AS_ERROR=ON", "-DCMAKE_BUILD_TYPE=Debug", cwd=example)
        run("cmake", "--build", "build", "--target", "arabica", "doses-1", "doses-2", cwd=example)
        checked = run("ctest", "--test-dir", "build", "-R", "check", cwd=example)
        self.assertIn("100% tests passed, 0 tests failed out of 3", checked)
        self.commands_of_arabica(example)

    def commands_of_arabica(self, example):
        """Those of its README that need no URI, on the capture that comes along."""
        page = (example / "README.md").read_text()
        said = ""
        for block in page[page.index("## Run it"):].split("```sh\n")[1:]:
            lines = block[:block.index("```")].replace("REFOLD/", f"{ROOT}/").splitlines()
            script = "\n".join(["set -e", *(line for line in lines if "=at://" not in line
                                            and "=did:plc:" not in line)])
            said += run("bash", "-c", script, cwd=example)
        model = Model(ROOT / "examples" / "data")
        _, methods = [json.loads(line) for line in said.splitlines() if '"grams":' in line]
        self.assertEqual({one["method"]: (one["brews"], one["grams"]) for one in methods},
                         model.doses())
        for query, kind in [("top", "bean"), ("roasters", "roaster")]:
            found = json.loads(run(REFOLD, "query", "beans", query, "limit=100", "least=2",
                                   "--data", "data", cwd=example))
            self.assertGreater(len(found), 5)
            for one in found:
                self.assertEqual((one["rated"], one["average"]), model.score(kind, one["uri"]))
        for name in ["beans", "gear", "talk", "recipes", "feed", "doses"]:
            self.assertIn("as in a rebuild: ok",
                          run(REFOLD, "projection", "verify", name, "--data", "data", cwd=example))

    def test_the_plugins_that_come_along_are_taken_and_run_in_threads(self):
        shipped = {library.stem: library for library in PREFIX.rglob("refold/plugins/*.so")}
        self.assertEqual(set(shipped), {"records", "stats", "backlinks"})
        for name, library in shipped.items():
            self.assertIn(f"projection     {name}", run(REFOLD, "plugin", "check", library,
                                                        cwd=self.folder))
        run(REFOLD, "import", ROOT / "examples" / "sample" / "events.jsonl.gz", "--data", "data",
            cwd=self.folder)
        elsewhere = shutil.copy(shipped["stats"], self.folder)
        for library, name, isolation in [(shipped["stats"], "stats", "thread"),
                                         (elsewhere, "others", "process")]:
            run(REFOLD, "plugin", "load", library, "--name", name, "--data", "data",
                cwd=self.folder)
            self.assertIn(f"isolation   {isolation}\n", run(
                REFOLD, "projection", "show", name, "--data", "data", cwd=self.folder))

    def test_a_folder_that_is_there_is_left_alone(self):
        (self.folder / "likes").mkdir()
        said = run(REFOLD, "plugin", "new", "likes", cwd=self.folder, fails=True)
        self.assertIn('there is a "likes" here already', said)
        self.assertEqual(list((self.folder / "likes").iterdir()), [])

    def test_a_name_that_is_none_is_refused(self):
        for name in ["", "Likes", "2likes", "a/b", "likes_", "-likes", "likes-", "a" * 64]:
            said = run(REFOLD, "plugin", "new", "--", name, cwd=self.folder, fails=True)
            self.assertIn("a plugin's name is made of a-z, 0-9 and '-'", said)
        for name in ["test", "all", "clean", "install", "one-like"]:
            said = run(REFOLD, "plugin", "new", name, cwd=self.folder, fails=True)
            self.assertIn(f'a plugin cannot be called "{name}"', said)
        self.assertEqual(list(self.folder.iterdir()), [])


if __name__ == "__main__":
    build_folder, cxx, cc = sys.argv[1:]
    os.umask(0o022)  # what others may write is not loaded
    # Neither this machine's settings nor those of the build that is tested.
    ENVIRONMENT = {**os.environ, "CXX": cxx, "CC": cc, "CMAKE_GENERATOR": "Ninja"}
    with tempfile.TemporaryDirectory() as folder:
        FOLDER = pathlib.Path(folder)
        PREFIX = FOLDER / "prefix"
        REFOLD = PREFIX / "bin" / "refold"
        ENVIRONMENT["PATH"] = f"{PREFIX}/bin:{ENVIRONMENT['PATH']}"
        ENVIRONMENT["CMAKE_PREFIX_PATH"] = str(PREFIX)
        run("cmake", "--install", build_folder, "--prefix", PREFIX, cwd=FOLDER)
        unittest.main(argv=sys.argv[:1])
