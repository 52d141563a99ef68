#!/usr/bin/env python3
"""Refold's own rules, for what no compiler or linter knows: tidy.py [--root DIR] [--list SUFFIX...]

Prints one line per finding, "file:line: rule: what is wrong", and fails if there is any. --list
prints the files of the tree with one of these suffixes instead. The rules are the functions with
@rule; rules_test.py shows each of them something bad.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys

from cpp import code_only, functions, includes, line_of

# What stands on what, as docs/architecture has it: a part includes itself, what it stands on, and
# what that stands on.
STANDS_ON = {
    "base": [],
    "atproto": ["base"],
    "lmdb": ["base"],
    "log": ["atproto", "lmdb"],
    "index": ["log"],
    "view": ["lmdb"],
    "plugin": ["atproto"],
    "projection": ["log", "view", "plugin"],
    "isolation": ["projection"],
    "net": ["base"],
    "ingest": ["log", "index", "net"],
    "server": ["projection", "ingest", "net"],
    "engine": ["index", "isolation", "server"],
    "cli": ["engine"],
    "runner": ["isolation"],
}
# Who may include what is kept in one place: (header, who, what it is called).
KEPT = [
    (r"boost/(asio|beast)\b", r"core/(net|server)/", "Asio and Beast"),
    (r"lmdb\.h$", r"core/((lmdb|log|index|view)/|.*\bcatalog)", "LMDB"),
    (r"boost/dll\b", r"core/plugin/", "Boost.DLL"),
    (r"toml\+\+/", r"core/engine/config/", "toml++"),
    (r"spdlog/", r"core/engine/", "spdlog"),
]
TOP_LEVEL = {
    "CMakeLists.txt", "CMakePresets.json", "LICENSE-APACHE", "LICENSE-MIT", "README.md",
    "core", "docs", "examples", "packaging", "plugins", "sdk", "tests",
}
# (what, where, where not, why)
FORBIDDEN = [
    (r"(?<![\w.>])s?rand\s*\(", r"core/", None, "rand: use <random> with a seed"),
    (r"(?<![\w.>])(str(cpy|cat)|v?sprintf|gets)\s*\(", r"core/", None, "no bound"),
    (r"(?<![\w.>])system\s*\(", r"core/", None, "system: start no shell"),
    (r"\bstd::regex\b", r"core/", None, "std::regex: slow, and its recursion has no bound"),
    (r"\bstd::(cout|cerr)\b", r"core/", r"core/cli/", "only core/cli prints"),
    (r"\busing\s+namespace\s+std\s*;", r"", None, "name what you use"),
    (r"\bMDB_(NOSYNC|NOMETASYNC|WRITEMAP)\b", r"core/(log|index)/", None,
     "a commit of the log or the index is fully synced"),
    (r"\bMDB_(NOSYNC|WRITEMAP)\b", r"core/(lmdb|view|projection)/", None,
     "a power failure could tear it"),
    (r"\bstatic\s+[\w:<>]+\s*&\s*(get_)?(instance|singleton)\s*\(", r"", None, "no singletons"),
]
COLUMNS_MAX = 100
FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70

CPP = (".c", ".h", ".cpp", ".hpp")
HEADERS = (".h", ".hpp")
SOURCES = CPP + (".py", ".sh", ".cmake", "CMakeLists.txt")
# Here the rules' own words stand.
OWN = "tests/tidy/"
MARKERS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
PLACES = re.compile(
    r"(?<![\w.}])/(work|root|home)/\w"
    r"|\bregistry\.[\w-]+\.\w|\b(deb|security|snapshot)\.debian\.org"
    r"|\b(pypi|rubygems|crates|npmjs)\.(org|io|com)\b|\bproxy\.golang\.org")

RULES = []


def rule(function):
    RULES.append(function)
    return function


class Tree:
    """The files of a checkout: those that git knows or would add, or all if this is no checkout."""

    def __init__(self, root):
        self.root = root
        self.names = sorted(name for name in self._listed() if (root / name).is_file())
        self._texts = {}
        self._codes = {}

    def _listed(self):
        if (self.root / ".git").exists():
            git = ["git", "-c", "safe.directory=*", "-C", str(self.root), "ls-files", "-z",
                   "--cached", "--others", "--exclude-standard"]
            listed = subprocess.run(git, capture_output=True, check=True, text=True)
            return listed.stdout.split("\0")
        files = (path.relative_to(self.root).as_posix() for path in self.root.rglob("*"))
        return [name for name in files if not name.startswith("build")]

    def ending(self, suffixes):
        return [name for name in self.names if name.endswith(tuple(suffixes))]

    def below(self, folder, suffixes=CPP):
        return [name for name in self.ending(suffixes) if name.startswith(folder)]

    def text(self, name):
        """A file's text; empty if it is not text."""
        if name not in self._texts:
            try:
                text = (self.root / name).read_bytes().decode()
            except UnicodeDecodeError:
                text = ""
            self._texts[name] = "" if "\0" in text else text
        return self._texts[name]

    def code(self, name):
        """A C++ file without comments, and with empty strings."""
        if name not in self._codes:
            self._codes[name] = code_only(self.text(name))
        return self._codes[name]


def reachable(part):
    """The parts that `part` may include."""
    found, waiting = set(), [part]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(STANDS_ON[one])
    return found


@rule
def includes_go_down(tree):
    for name in tree.below("core/"):
        part = name.split("/")[1]
        if part not in STANDS_ON:
            yield name, 1, f"core/{part} is not a part that docs and tests/tidy know"
            continue
        allowed = reachable(part)
        for line, included in includes(tree.text(name)):
            other = included.split("/")[1] if included.startswith("core/") else None
            if other is not None and other not in allowed:
                yield name, line, f"core/{part} does not stand on core/{other}"


@rule
def includes_name_the_folder(tree):
    for name in tree.below("core/"):
        for line, included in includes(tree.text(name), quoted_only=True):
            if not included.startswith("core/"):
                yield name, line, f'write "core/PART/FILE.h", not "{included}"'


@rule
def libraries_stay_in_their_part(tree):
    for name in tree.below("core/"):
        for line, included in includes(tree.text(name)):
            for header, where, what in KEPT:
                if re.match(header, included) and not re.match(where, name):
                    yield name, line, f"{what} does not belong here: {included}"


@rule
def users_see_the_sdk_only(tree):
    for name in tree.below(("plugins/", "examples/", "sdk/")):
        if name.startswith("examples/embed/"):  # a program with the engine inside
            continue
        for line, included in includes(tree.text(name)):
            if included.startswith("core/") or "/core/" in included:
                yield name, line, f"only <refold/...> may be included here, not {included}"


@rule
def headers_are_included_once(tree):
    for name in tree.ending(HEADERS):
        code = tree.code(name)
        guard = re.search(r"^#ifndef (REFOLD_\w+_H)\n#define \1$", code, re.MULTILINE)
        # What plugins in C include has a guard of standard C.
        if not re.search(r"^#pragma once$", code, re.MULTILINE) and not guard:
            yield name, 1, "no #pragma once"


@rule
def files_are_short(tree):
    for name in tree.ending(CPP + (".py", ".sh")):
        count = tree.text(name).count("\n")
        if count > FILE_LINES_MAX and not name.startswith("tests/"):
            yield name, count, f"{count} lines, at most {FILE_LINES_MAX}: split it"


@rule
def functions_are_short(tree):
    for name in tree.ending(CPP):
        for line, count in functions(tree.code(name)):
            if count > FUNCTION_LINES_MAX:
                yield name, line, f"a function of {count} lines, at most {FUNCTION_LINES_MAX}"


@rule
def lines_are_short(tree):
    for name in tree.ending(SOURCES):
        for number, line in enumerate(tree.text(name).split("\n"), 1):
            if len(line) > COLUMNS_MAX:
                yield name, number, f"{len(line)} columns, at most {COLUMNS_MAX}"


@rule
def parts_have_a_readme(tree):
    parts = sorted({name.split("/")[1] for name in tree.names if re.match(r"core/\w+/", name)})
    for part in parts:
        if f"core/{part}/README.md" not in tree.names:
            yield f"core/{part}/README.md", 1, "missing: purpose, parts, threads, errors"


@rule
def the_top_level_is_small(tree):
    for top in sorted({name.split("/")[0] for name in tree.names}):
        if top not in TOP_LEVEL and not top.startswith("."):
            yield top, 1, "does not belong at the top level"


@rule
def nothing_is_forbidden(tree):
    for name in tree.ending(CPP):
        for what, where, where_not, why in FORBIDDEN:
            if not re.match(where, name) or (where_not and re.match(where_not, name)):
                continue
            for found in re.finditer(what, tree.code(name)):
                yield name, line_of(tree.code(name), found.start()), f"{found.group(0)}: {why}"


@rule
def nothing_is_left_over(tree):
    for name in tree.names:
        if not name.startswith(OWN):
            for found in MARKERS.finditer(tree.text(name)):
                line = line_of(tree.text(name), found.start())
                yield name, line, f"{found.group(0)}: do it, or file it"


@rule
def no_machine_is_named(tree):
    for name in tree.names:
        if not name.startswith(OWN):
            for found in PLACES.finditer(tree.text(name)):
                line = line_of(tree.text(name), found.start())
                yield name, line, f"{found.group(0)}: true of one machine only"


def prose(text):
    """A page without its code, line by line."""
    text = re.sub(r"^```.*?^```", lambda code: "\n" * code[0].count("\n"), text,
                  flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", "", text)


def headings(text):
    """What links to a page may name behind its #."""
    without_code = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    titles = re.findall(r"^#+ (.+)$", without_code, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@rule
def links_lead_somewhere(tree):
    there = set(tree.names) | {parent.as_posix() for name in tree.names
                               for parent in pathlib.PurePosixPath(name).parents}
    for name in tree.ending([".md"]):
        for found in re.finditer(r"\]\(([^()\s]+)\)", prose(tree.text(name))):
            file, _, heading = found[1].partition("#")
            if ":" in file:
                continue
            to = os.path.normpath(os.path.join(os.path.dirname(name), file)) if file else name
            line = line_of(prose(tree.text(name)), found.start())
            if to not in there:
                yield name, line, f"{found[1]}: there is no such file"
            elif heading and heading not in headings(tree.text(to)):
                yield name, line, f"{found[1]}: there is no such heading"


def findings(root):
    """Every (file, line, rule, message) of the tree, in the order of the rules."""
    tree = Tree(root)
    return [(*found[:2], check.__name__, found[2]) for check in RULES for found in check(tree)]


def main():
    here = pathlib.Path(__file__).resolve()
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--root", type=pathlib.Path, default=here.parents[2])
    parser.add_argument("--list", nargs="+", metavar="SUFFIX")
    options = parser.parse_args()
    if options.list:
        print("\n".join(Tree(options.root).ending(options.list)))
        return 0
    found = findings(options.root)
    for name, line, which, message in found:
        print(f"{name}:{line}: {which}: {message}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
