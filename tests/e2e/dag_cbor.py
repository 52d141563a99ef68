"""DAG-CBOR and CIDs, as little as the tests need: written anew, so that it shares no mistake."""

import base64
import hashlib
import struct

CID_LINK = 42


def decode_first(data, at=0):
    """The value at `at`, and where it ends. Links are the bytes of their CIDs, in Link."""
    major, info = data[at] >> 5, data[at] & 31
    at += 1
    if major == 7:
        if info == 27:
            return struct.unpack_from(">d", data, at)[0], at + 8
        return {20: False, 21: True, 22: None}[info], at
    size = info
    if info >= 24:
        width = 1 << (info - 24)
        size = int.from_bytes(data[at:at + width], "big")
        at += width
    if major == 0:
        return size, at
    if major == 1:
        return -1 - size, at
    if major == 2:
        return bytes(data[at:at + size]), at + size
    if major == 3:
        return bytes(data[at:at + size]).decode(), at + size
    if major == 4:
        found = []
        for _ in range(size):
            one, at = decode_first(data, at)
            found.append(one)
        return found, at
    if major == 5:
        found = {}
        for _ in range(size):
            key, at = decode_first(data, at)
            found[key], at = decode_first(data, at)
        return found, at
    value, at = decode_first(data, at)
    return Link(value[1:]), at


class Link(bytes):
    """A CID."""


def _head(major, size):
    if size < 24:
        return bytes([major << 5 | size])
    for width, code in ((1, 24), (2, 25), (4, 26)):
        if size < 1 << (8 * width):
            return bytes([major << 5 | code]) + size.to_bytes(width, "big")
    return bytes([major << 5 | 27]) + size.to_bytes(8, "big")


def _unpadded(text):
    return text + "=" * (-len(text) % 4)


def cid_bytes(text):
    """Of a CID in base32."""
    data = text[1:].upper()
    return base64.b32decode(data + "=" * (-len(data) % 8))


def encode(value):
    """The canonical bytes of what a record in JSON says: {"$link": ...} and {"$bytes": ...} too."""
    if value is None:
        return b"\xf6"
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, str):
        data = value.encode()
        return _head(3, len(data)) + data
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(map(encode, value))
    if set(value) == {"$link"}:
        data = b"\0" + cid_bytes(value["$link"])
        return _head(6, CID_LINK) + _head(2, len(data)) + data
    if set(value) == {"$bytes"}:
        data = base64.b64decode(_unpadded(value["$bytes"]))
        return _head(2, len(data)) + data
    keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
    return _head(5, len(keys)) + b"".join(encode(key) + encode(value[key]) for key in keys)


def cid_of(value):
    """The CID, as text, of a record in JSON."""
    data = b"\x01\x71\x12\x20" + hashlib.sha256(encode(value)).digest()
    return "b" + base64.b32encode(data).decode().lower().rstrip("=")
