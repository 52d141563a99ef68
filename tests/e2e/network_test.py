#!/usr/bin/env python3
"""The network that other tests stand on does what they need: a PDS that comes back after it was
killed, a firehose that is recorded without a gap, connections that are cut inside a frame, and a
truth that is that of the reference libraries."""

import base64
import os
import pathlib
import socket
import struct
import sys
import tempfile
import unittest
import urllib.parse

from network import Network, installed

BREW = "social.arabica.alpha.brew"


def brew(rating):
    return {"action": "create", "collection": BREW,
            "record": {"beanRef": "at://did:plc:nobody/social.arabica.alpha.bean/3k",
                       "rating": rating, "createdAt": "2026-01-31T12:00:00Z"}}


def frames(file):
    data, at, found = pathlib.Path(file).read_bytes(), 0, []
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        found.append(data[at + 4:at + 4 + length])
        at += 4 + length
    return found


class Connection:
    """Just enough of a WebSocket to see what a server sends."""

    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=30)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
                             "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                             f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n")
                            .encode())
        self.stream = self.socket.makefile("rb")
        while self.stream.readline() not in (b"\r\n", b""):
            pass

    def frame(self):
        """The next message; None if the connection ends before it, b"" if it ends inside it."""
        head = self.stream.read(2)
        if len(head) < 2:
            return None if not head else b""
        length = head[1] & 127
        if length > 125:
            more = self.stream.read(2 if length == 126 else 8)
            length = int.from_bytes(more, "big")
        payload = self.stream.read(length)
        return payload if len(payload) == length else b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()
        self.socket.close()


class ANetwork(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.network = Network(cls.folder.name).__enter__()
        cls.dids = [cls.network.account(name=name)["did"] for name in ("ada", "bruno")]
        cls.deleted = []

    @classmethod
    def tearDownClass(cls):
        cls.network.__exit__()
        cls.folder.cleanup()

    def replay(self):
        """What a replay gives: all that was recorded; but of an account that was deleted, a PDS
        keeps only that."""
        expected = frames(self.network.frames)
        for did in self.deleted:
            of_it = [frame for frame in expected if did.encode() in frame]
            expected = [frame for frame in expected if frame not in of_it[:-1]]
        return expected

    def test_a_write_is_on_the_firehose_with_its_seq_and_in_the_truth(self):
        wrote = self.network.write(did=self.dids[0], writes=[brew(3), brew(4)])
        truth = self.network.truth()
        mine = [one for one in truth["operations"] if one["seq"] == wrote["seq"]]
        self.assertEqual([one["cid"] for one in mine], [one["cid"] for one in wrote["results"]])
        repo = next(one for one in truth["repos"] if one["did"] == self.dids[0])
        self.assertLessEqual({one["cid"] for one in mine}, {cid for _, cid in repo["records"]})
        self.assertEqual(repo["rev"], wrote["rev"])

    def test_what_is_recorded_is_what_a_replay_gives_byte_for_byte(self):
        self.network.write(did=self.dids[0], writes=[brew(5)])
        self.network.seq()
        expected = self.replay()
        with Connection(self.network.firehose + "?cursor=0") as connection:
            self.assertEqual([connection.frame() for _ in expected], expected)

    def test_a_pds_that_was_killed_comes_back_with_what_it_had(self):
        before = self.network.write(did=self.dids[0], writes=[brew(6)])
        self.network.kill_pds()
        with self.assertRaises(RuntimeError):
            self.network.write(did=self.dids[0], writes=[brew(7)])
        self.network.start_pds()
        after = self.network.write(did=self.dids[0], writes=[brew(8)])
        self.assertEqual(after["seq"], before["seq"] + 1)

    def test_connections_are_cut_inside_a_frame_until_that_is_enough(self):
        self.network.write(did=self.dids[0], writes=[brew(9)])
        self.network.cut(frames=2)
        for _ in range(2):
            with Connection(self.network.proxy + "?cursor=0") as connection:
                got = [connection.frame() for _ in range(3)]
            self.assertTrue(got[0] and got[1])
            self.assertEqual(got[2], b"")
        self.assertEqual(self.network.cuts()["cuts"], 2)
        self.network.cut(frames=None)
        expected = self.replay()
        with Connection(self.network.proxy + "?cursor=0") as connection:
            self.assertEqual([connection.frame() for _ in expected], expected)
            self.network.cut()
            self.assertRaises(ConnectionResetError, connection.frame)

    def test_load_is_written_at_its_rate_and_told(self):
        self.network.wrote.clear()
        self.network.load(rate=20, seconds=1)
        self.network.loaded()
        self.assertEqual(len(self.network.wrote), 20)
        truth = self.network.truth()
        cids = {one["cid"] for one in truth["operations"]}
        self.assertLessEqual({one["cid"] for one in self.network.wrote}, cids)

    def test_accounts_come_and_go(self):
        did = self.network.account(name="clara")["did"]
        self.network.handle(did=did, name="clara-moved")
        self.network.deactivate(did=did)
        self.assertNotIn(did, [one["did"] for one in self.network.truth()["repos"]])
        self.network.activate(did=did)
        self.assertIn(did, [one["did"] for one in self.network.truth()["repos"]])
        self.network.delete(did=did)
        self.deleted.append(did)
        self.assertNotIn(did, [one["did"] for one in self.network.truth()["repos"]])


if __name__ == "__main__":
    if not installed():
        print("the reference PDS is not installed (tests/e2e/install.sh): skipped")
        sys.exit(77)
    unittest.main()
