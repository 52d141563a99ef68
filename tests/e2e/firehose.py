"""A firehose of frames that are there already, and a Jetstream of lines: WebSocket on loopback.

    with Firehose(frames) as server:
        ... server.url
        server.allow(100)       # no more than these go out; all of them if nothing is said
        server.wait_for(100)    # until somebody was sent them
        server.cut_after = 10   # each connection ends inside the frame behind so many
"""

import base64
import hashlib
import json
import socket
import struct
import threading
import urllib.parse

import capture

WEBSOCKET = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def _framed(opcode, payload):
    size = len(payload)
    head = bytes([0x80 | opcode])
    if size < 126:
        return head + bytes([size]) + payload
    if size < 1 << 16:
        return head + struct.pack(">BH", 126, size) + payload
    return head + struct.pack(">BQ", 127, size) + payload


def _received(stream):
    """The next frame of a client; None at the end."""
    head = stream.read(2)
    if len(head) < 2:
        return None
    size = head[1] & 127
    if size > 125:
        size = int.from_bytes(stream.read(2 if size == 126 else 8), "big")
    mask = stream.read(4)
    payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(stream.read(size)))
    return head[0] & 15, payload


class Firehose:
    opcode = BINARY

    def __init__(self, messages):
        self.messages = messages
        self.cursors = [self.cursor_of(one) for one in messages]
        self.cut_after = None
        self.connections = 0
        self._sent = 0  # the furthest that anybody was sent
        self._allowed = len(messages)
        self._changed = threading.Condition()
        self._ended = False
        self._sockets = set()

    cursor_of = staticmethod(capture.seq_of)

    def __enter__(self):
        self._listening = socket.create_server(("127.0.0.1", 0))
        port = self._listening.getsockname()[1]
        self.url = f"ws://127.0.0.1:{port}"
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()
        return self

    def __exit__(self, *_):
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.cut()

    def allow(self, count):
        with self._changed:
            self._allowed = min(count, len(self.messages))
            self._changed.notify_all()

    def wait_for(self, count, timeout=60):
        with self._changed:
            return self._changed.wait_for(lambda: self._sent >= count, timeout)

    def cut(self):
        for one in list(self._sockets):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _accept(self):
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        self._sockets.add(connection)
        sending = threading.Lock()
        try:
            with connection, connection.makefile("rb") as stream:
                cursor = self._greet(connection, stream)
                sender = threading.Thread(target=self._send, args=(connection, sending, cursor),
                                          daemon=True)
                sender.start()
                while (got := _received(stream)) is not None and got[0] != CLOSE:
                    if got[0] == PING:
                        with sending:
                            connection.sendall(_framed(PONG, got[1]))
        except OSError:
            pass
        finally:
            self._sockets.discard(connection)

    @staticmethod
    def _greet(connection, stream):
        target = stream.readline().decode().split(" ")[1]
        key = b""
        while (line := stream.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"sec-websocket-key:"):
                key = line.split(b":", 1)[1].strip()
        accept = base64.b64encode(hashlib.sha1(key + WEBSOCKET).digest())
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                           b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        asked = urllib.parse.parse_qs(urllib.parse.urlsplit(target).query)
        return int(asked["cursor"][0]) if "cursor" in asked else None

    def _first_after(self, cursor):
        if cursor is None:
            return self._allowed
        return next((i for i, one in enumerate(self.cursors) if one > cursor), len(self.cursors))

    def _send(self, connection, sending, cursor):
        at, count = self._first_after(cursor), 0
        try:
            while self._may_send(at):
                data = _framed(self.opcode, self.messages[at])
                with sending:
                    if count == self.cut_after:
                        connection.sendall(data[:len(data) // 2])
                        connection.shutdown(socket.SHUT_RDWR)
                        return
                    connection.sendall(data)
                at, count = at + 1, count + 1
                with self._changed:
                    self._sent = max(self._sent, at)
                    self._changed.notify_all()
        except OSError:
            pass

    def _may_send(self, at):
        with self._changed:
            self._changed.wait_for(lambda: self._ended or at < self._allowed)
            return not self._ended


class Jetstream(Firehose):
    """The same of lines in JSON."""

    opcode = TEXT

    @staticmethod
    def cursor_of(line):
        return json.loads(line)["time_us"]
