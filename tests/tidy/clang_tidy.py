#!/usr/bin/env python3
"""Runs clang-tidy over every source that ships and a build compiles: clang_tidy.py BUILD_DIR

With a unity build (the preset `ci`) it looks at several sources at once, and at what they all
include but once, which takes most of its time. What passed is not looked at again until a source, a
header of this project that it includes, its compiler flags, .clang-tidy or clang-tidy itself
changes; build/clang-tidy/ remembers.
"""

import concurrent.futures
import hashlib
import json
import pathlib
import re
import subprocess
import sys

TOOL = "clang-tidy-14"
JOBS = 2
ROOT = pathlib.Path(__file__).resolve().parents[2]
PARTS = ("core", "sdk", "plugins")  # what ships; tests are read by gcc and both sanitizers
PASSED = ROOT / "build" / "clang-tidy"
INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)[">]', re.MULTILINE)


def project_files(source):
    """The source and every file of this project that it includes, directly or not."""
    found, waiting = set(), [source]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        for name in INCLUDE.findall(path.read_bytes()):
            for folder in (ROOT, path.parent, ROOT / "sdk" / "include"):
                included = folder / name.decode()
                if included.is_file() and included.resolve().is_relative_to(ROOT):
                    waiting.append(included.resolve())
                    break
    return sorted(found)


def fingerprint(entry, common):
    digest = hashlib.sha256(common)
    digest.update(entry["command"].encode())
    for path in project_files(pathlib.Path(entry["file"]).resolve()):
        digest.update(b"\0" + str(path).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def check(entry, build, passed):
    """The findings in one source: empty if there are none."""
    # The flags are gcc's, and name warnings that clang does not have.
    command = [TOOL, "--quiet", "--extra-arg=-Wno-unknown-warning-option", "-p", str(build),
               entry["file"]]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode == 0:
        passed.touch()
        return ""
    return run.stdout.strip() or run.stderr.strip()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    build = pathlib.Path(sys.argv[1]).resolve()
    version = subprocess.run([TOOL, "--version"], capture_output=True, check=True).stdout
    common = version + (ROOT / ".clang-tidy").read_bytes()
    PASSED.mkdir(parents=True, exist_ok=True)

    entries = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = pathlib.Path(entry["file"]).resolve()
        if any(source.is_relative_to(base / part) for base in (ROOT, build) for part in PARTS):
            entries[source] = entry
    waiting = [(entry, PASSED / fingerprint(entry, common)) for entry in entries.values()]
    waiting = [(entry, passed) for entry, passed in waiting if not passed.exists()]

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for found in pool.map(lambda work: check(work[0], build, work[1]), waiting):
            if found:
                failed += 1
                print(found, flush=True)
    print(f"clang-tidy: {len(entries)} sources, {len(waiting)} looked at, {failed} with findings")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
