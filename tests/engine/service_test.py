#!/usr/bin/env python3
"""Checks packaging/systemd/refold.service: service_test.py UNIT REFOLD

With systemd-analyze, where there is one; and against the program and what it promises in any case.
"""

import configparser
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

UNIT = pathlib.Path(sys.argv.pop(1)).resolve()
REFOLD = pathlib.Path(sys.argv.pop(1)).resolve()

# Every word that the unit uses; what systemd does not know it passes over with a warning that
# nobody reads.
KNOWN = {
    "Unit": "Description Documentation Wants After",
    "Service": "Type NotifyAccess ExecStart ExecReload User Group StateDirectory"
               " StateDirectoryMode UMask Restart RestartSec WatchdogSec TimeoutStartSec"
               " TimeoutStopSec LimitNOFILE LimitCORE NoNewPrivileges ProtectSystem ProtectHome"
               " PrivateTmp PrivateDevices ProtectKernelTunables ProtectKernelModules"
               " ProtectKernelLogs ProtectControlGroups ProtectClock ProtectHostname ProtectProc"
               " RestrictAddressFamilies RestrictNamespaces RestrictRealtime RestrictSUIDSGID"
               " LockPersonality RemoveIPC CapabilityBoundingSet AmbientCapabilities"
               " SystemCallArchitectures SystemCallFilter SystemCallErrorNumber",
    "Install": "WantedBy",
}


def seconds(text):
    number, unit = re.fullmatch(r"(\d+)(ms|s|min|)", text).groups()
    return int(number) * {"ms": 0.001, "s": 1, "min": 60, "": 1}[unit]


class Service(unittest.TestCase):
    def setUp(self):
        self.unit = configparser.ConfigParser(interpolation=None, strict=True)
        self.unit.optionxform = str
        self.unit.read(UNIT)
        self.service = self.unit["Service"]

    def test_has_only_words_that_systemd_knows(self):
        self.assertEqual(set(self.unit.sections()), set(KNOWN))
        for section, words in KNOWN.items():
            self.assertLessEqual(set(self.unit[section]), set(words.split()), section)

    def test_starts_a_command_that_there_is_with_options_that_it_takes(self):
        words = self.service["ExecStart"].split()
        self.assertEqual(words[:2], ["/usr/bin/refold", "run"])
        told = subprocess.run([REFOLD, "run", "--help"], capture_output=True, text=True, check=True)
        for word in words:
            if word.startswith("--"):
                self.assertIn(word, told.stdout)

    def test_gives_the_engine_more_time_to_stop_than_that_takes_itself(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([REFOLD, "init", folder], capture_output=True, check=True)
            text = (pathlib.Path(folder) / "refold.toml").read_text()
        longest = seconds(re.search(r'^#stop_time_max = "(.*)"$', text, re.MULTILINE).group(1))
        connections = int(re.search(r"^#connections_max = (\d+)$", text, re.MULTILINE).group(1))
        self.assertGreater(seconds(self.service["TimeoutStopSec"]), longest)
        self.assertGreater(int(self.service["LimitNOFILE"]), connections)

    def test_is_confined(self):
        for word in ("NoNewPrivileges", "PrivateTmp", "ProtectHome", "RestrictSUIDSGID"):
            self.assertEqual(self.service[word], "yes", word)
        self.assertEqual(self.service["ProtectSystem"], "strict")
        self.assertEqual(self.service["CapabilityBoundingSet"], "")

    @unittest.skipUnless(shutil.which("systemd-analyze"), "there is no systemd-analyze here")
    def test_is_right_for_systemd(self):
        # The program that it names is not installed yet: another one takes its place.
        with tempfile.TemporaryDirectory() as folder:
            unit = pathlib.Path(folder) / "refold.service"
            unit.write_text(UNIT.read_text().replace("/usr/bin/refold", "/bin/true"))
            told = subprocess.run(["systemd-analyze", "verify", "--man=no", unit],
                                  capture_output=True, text=True, check=False)
        self.assertEqual((told.returncode, told.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
