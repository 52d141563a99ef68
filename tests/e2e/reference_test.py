#!/usr/bin/env python3
"""docs/reference/ is what the program says of itself."""

import unittest

import reference


class TheReferences(unittest.TestCase):
    maxDiff = None

    def test_are_what_the_program_says(self):
        for name, text in reference.references().items():
            with self.subTest(name):
                self.assertEqual((reference.FOLDER / name).read_text(), text,
                                 "write it anew: tests/e2e/reference.py")

    def test_have_every_command(self):
        names = [" ".join(words) for words, _ in reference.commands()]
        self.assertGreater(len(names), 45)
        for one in ("", "run", "log tail", "projection replay", "jobs cancel"):
            self.assertIn(one, names)


if __name__ == "__main__":
    unittest.main()
