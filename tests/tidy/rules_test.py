#!/usr/bin/env python3
"""Shows each rule of tidy.py a tree that breaks it and nothing else, and a tree that is good."""

import pathlib
import tempfile
import unittest

import tidy
from cpp import code_only, functions

GOOD = {
    "CMakeLists.txt": "project(refold)\n",
    ".gitignore": "/build/\n",
    "README.md": "Refold\n",
    "core/base/README.md": "# base\n",
    "core/base/bytes.h": "#pragma once\n",
    "core/log/README.md": "# log\n",
    "core/log/tail.cpp": '#include <lmdb.h>\n#include "core/base/bytes.h"\n',
    "plugins/likes/likes.cpp": "#include <refold/projection.hpp>\n",
}

# rule -> files that break it, and it alone, if added to the good tree
BAD = {
    "includes_go_down": [
        {"core/base/bytes.cpp": '#include "core/log/tail.h"\n'},
        {"core/base/bytes.cpp": "#include <core/log/tail.h>\n"},
        {"core/log/tail.cpp": '  #  include "core/index/index.h"\n'},
        {"core/soup/README.md": "# soup\n", "core/soup/soup.cpp": ""},
    ],
    "includes_name_the_folder": [{"core/base/bytes.cpp": '#include "bytes.h"\n'}],
    "libraries_stay_in_their_part": [
        {"core/base/bytes.cpp": "#include <lmdb.h>\n"},
        {"core/log/tail.cpp": "#include <boost/asio.hpp>\n"},
        {"core/log/tail.cpp": "#include <boost/beast/core.hpp>\n"},
        {"core/log/tail.cpp": "#include <boost/dll/shared_library.hpp>\n"},
        {"core/log/tail.cpp": "#include <toml++/toml.h>\n"},
        {"core/log/tail.cpp": "#include <spdlog/logger.h>\n"},
    ],
    "users_see_the_sdk_only": [
        {"plugins/likes/likes.cpp": '#include "core/base/bytes.h"\n'},
        {"examples/a/a.cpp": '#include "../../core/base/bytes.h"\n'},
    ],
    "headers_are_included_once": [
        {"core/base/bytes.h": "int f();\n"},
        {"core/base/bytes.h": "// #pragma once\n"},
        {"sdk/include/refold/table.hpp": "#ifndef A\n#define A\n#endif\n"},
    ],
    "files_are_short": [{"core/base/bytes.cpp": "int a;\n" * 501}],
    "functions_are_short": [
        {"core/base/bytes.cpp": "void f() {\n" + "a();\n" * 69 + "}\n"},
        {"tests/base/a_test.cpp": "TEST(A, B) {\n" + "if (a) { b(); }\n" * 70 + "}\n"},
        {"core/base/a.cpp": "struct A {\n  A() : a_{1}, b_{} {\n" + "b();\n" * 69 + "}};"},
    ],
    "lines_are_short": [
        {"core/base/bytes.cpp": "// " + "a" * 98 + "\n"},
        {"tests/run.sh": "# " + "a" * 99 + "\n"},
    ],
    "parts_have_a_readme": [{"core/index/index.cpp": "int a;\n"}],
    "the_top_level_is_small": [{"notes.md": "\n"}, {"scripts/a.sh": "\n"}],
    "nothing_is_forbidden": [
        {"core/base/bytes.cpp": "int a = rand();\n"},
        {"core/base/bytes.cpp": "int a = std::rand ();\n"},
        {"core/base/bytes.cpp": "void f() { strcpy(a, b); }\n"},
        {"core/base/bytes.cpp": "void f() { sprintf(a, b); }\n"},
        {"core/base/bytes.cpp": "void f() { gets(a); }\n"},
        {"core/base/bytes.cpp": "void f() { std::system(a); }\n"},
        {"core/base/bytes.cpp": "std::regex a;\n"},
        {"core/base/bytes.cpp": "void f() { std::cout << 1; }\n"},
        {"tests/base/a_test.cpp": "using namespace std;\n"},
        {"core/log/tail.cpp": "int a = MDB_NOSYNC;\n"},
        {"core/log/tail.cpp": "int a = MDB_NOTLS | MDB_NOMETASYNC;\n"},
        {"core/log/tail.cpp": "int a = MDB_WRITEMAP;\n"},
        {"core/view/README.md": "\n", "core/view/view.cpp": "int a = MDB_NOSYNC;\n"},
        {"core/base/bytes.h": "#pragma once\nstruct A { static A& instance(); };\n"},
    ],
    "nothing_is_left_over": [{"docs/a.md": "TODO\n"}, {"core/base/bytes.cpp": "// FIXME: b\n"}],
    "links_lead_somewhere": [
        {"docs/a.md": "[b](b.md)\n"},
        {"docs/a.md": "# A b\n\n[b](../core/none)\n"},
        {"docs/a.md": "# A b\n\n[b](#a-c)\n"},
        {"docs/a.md": "[b](b.md#here)\n", "docs/b.md": "# There\n\n```\n# here\n```\n"},
    ],
    "no_machine_is_named": [
        {"docs/a.md": "cd /" + "home/me\n"},
        {"tests/run.sh": "x=/" + "work/a\n"},
        {"docs/a.md": "https://" + "registry.example.org\n"},
    ],
}

FINE = [
    {"core/base/bytes.cpp": "// rand() and std::cout\nauto a = \"system(1)\" R\"(gets(a))\";\n"},
    {"core/base/bytes.cpp": "int brand(); void f() { a.system(1); a->system(1); fgets(); }\n"},
    {"core/base/bytes.cpp": "void f() {\n" + "a();\n" * 68 + "}\n"},
    {"core/base/bytes.cpp": "struct A {\n" + "int a(int b) { return 1'000; }\n" * 90 + "};\n"},
    {"core/base/bytes.cpp": "struct alignas(8) A {\n" + "char a = '{';\n" * 90 + "};\n"},
    {"core/base/bytes.cpp": "const int a[] = {\n" + "f(1),\n" * 90 + "};\n"},
    {"core/cli/README.md": "# cli\n", "core/cli/main.cpp": '#include "core/log/tail.h"\n'
                                                            "void f() { std::cout << 1; }\n"},
    {"core/projection/README.md": "\n", "core/projection/catalog.cpp": "#include <lmdb.h>\n"},
    {"tests/base/a_test.cpp": "void f() { using namespace std::chrono_literals; }\n"},
    {"core/net/README.md": "\n", "core/net/http.cpp": "#include <boost/asio.hpp>\n"},
    {"tests/log/tail_test.cpp": '#include <lmdb.h>\n#include "core/log/a.h"\n' + "int a;\n" * 600},
    {"docs/a.md": "# A `b`: c\n\n[b](#a-b-c), [core](../core/base), `[](int)`, [d](https://e.f)\n"},
    {"examples/quickstart.sh": 'folder="$(mktemp -d /tmp/refold.XXXXXX)"\n'},
]


def findings(added):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in {**GOOD, **added}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        return tidy.findings(root)


class Rules(unittest.TestCase):
    def test_a_good_tree_has_no_findings(self):
        for added in [{}, *FINE]:
            with self.subTest(added=str(added)[:80]):
                self.assertEqual(findings(added), [])

    def test_each_bad_tree_is_found_by_its_rule_alone(self):
        for rule, trees in BAD.items():
            for added in trees:
                with self.subTest(rule=rule, added=str(added)[:80]):
                    self.assertEqual({found[2] for found in findings(added)}, {rule})

    def test_every_rule_is_shown_something_bad(self):
        self.assertEqual(set(BAD), {rule.__name__ for rule in tidy.RULES})

    def test_a_finding_names_the_file_and_the_line(self):
        found = findings({"core/base/bytes.cpp": "/* a\n b */\n\nint a = rand();\n"})
        self.assertEqual([one[:2] for one in found], [("core/base/bytes.cpp", 4)])

    def test_a_part_may_include_what_its_parts_stand_on(self):
        self.assertEqual(tidy.reachable("index"), {"index", "log", "lmdb", "atproto", "base"})
        self.assertEqual(tidy.reachable("base"), {"base"})
        self.assertEqual(tidy.reachable("cli"), set(tidy.STANDS_ON) - {"runner"})


class Functions(unittest.TestCase):
    def test_are_counted_from_their_first_line_to_their_brace(self):
        code = code_only("int a;\n\n/// {\nint f(\n    int b) {\n  return [] { return 1; }();\n}\n")
        self.assertEqual(list(functions(code)), [(4, 4)])

    def test_in_namespaces_and_types_are_found_and_these_are_not_functions(self):
        code = 'extern "C" {\nnamespace a::b {\ntemplate <class T> class C {\nvoid f() {}\n};}}'
        self.assertEqual(list(functions(code_only(code))), [(4, 1)])


if __name__ == "__main__":
    unittest.main()
