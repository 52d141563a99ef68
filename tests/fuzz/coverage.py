#!/usr/bin/env python3
"""How many lines of each decoder the fuzzers' corpora reach. Fails below LEAST.

    coverage.py BUILD_FOLDER    after the fuzzers ran there, each with its NAME.profraw
"""

import re
import subprocess
import sys
from pathlib import Path

LEAST = 80.0  # percent of a fuzzer's lines
ROOT = Path(__file__).resolve().parents[2]
DECODERS = {
    "row": ["core/log/tail/row.cpp"],
    "frame": ["core/log/codec/compress.cpp", "core/log/codec/dictionary.cpp",
              "core/log/codec/frame.cpp", "core/log/codec/frame_cursor.cpp",
              "core/log/codec/numbers.cpp", "core/log/codec/shape.cpp"],
    "directory": ["core/log/segment/directory.cpp"],
    "cbor": ["core/atproto/cbor_reader.cpp", "core/atproto/json_from_cbor.cpp"],
    "json_line": ["core/ingest/jsonl.cpp", "core/atproto/cbor_from_json.cpp"],
}
# Encoders that share a file with a decoder, and sizes that only reports ask for.
NOT_DECODING = re.compile(
    r"write_directory|write_block|write_header|write_trailer|put_|encode_|memory_bytes|Writer|"
    r"Compressor|row_bytes|check_event|name_too_large")
FUNCTION = re.compile(r"^(\S+)\s+\d+\s+\d+\s+[\d.]+%\s+(\d+)\s+(\d+)\s+[\d.]+%")


def lines_of(folder, name, files):
    """[(function, lines, missed)] of the decoders in these files."""
    profile = folder / f"{name}.profdata"
    subprocess.run(["llvm-profdata-14", "merge", "-o", profile, folder / f"{name}.profraw"],
                   check=True)
    report = subprocess.run(
        ["llvm-cov-14", "report", folder / f"{name}_fuzz", f"-instr-profile={profile}",
         "-show-functions", *(ROOT / file for file in files)],
        check=True, capture_output=True, text=True).stdout
    found = [FUNCTION.match(line) for line in report.splitlines()]
    return [(match[1], int(match[2]), int(match[3])) for match in found
            if match and match[1] != "TOTAL" and not NOT_DECODING.search(match[1])]


def main():
    folder = Path(sys.argv[1])
    failed = False
    for name, files in DECODERS.items():
        functions = lines_of(folder, name, files)
        lines = sum(count for _, count, _ in functions)
        missed = sum(miss for _, _, miss in functions)
        reached = 100.0 * (lines - missed) / lines if lines else 0.0
        print(f"{name:10} {reached:5.1f} % of {lines} lines")
        if reached >= LEAST:
            continue
        failed = True
        for function, count, miss in sorted(functions, key=lambda entry: -entry[2])[:10]:
            print(f"    {miss:3} of {count:3} missed: {function}")
    if failed:
        sys.exit(f"a corpus reaches less than {LEAST} % of its decoder's lines")


if __name__ == "__main__":
    main()
