#!/usr/bin/env python3
"""How many lines of each decoder the fuzzers' corpora reach. Fails below LEAST.

    coverage.py BUILD_FOLDER    after the fuzzers ran there, each with its NAME.profraw
"""

import re
import subprocess
import sys
from bisect import bisect_right
from pathlib import Path

LEAST = 80.0  # percent of a fuzzer's lines
DECODERS = {
    "row": ["core/log/tail/row.cpp"],
    "frame": ["core/log/codec/compress.cpp", "core/log/codec/dictionary.cpp",
              "core/log/codec/frame.cpp", "core/log/codec/frame_cursor.cpp",
              "core/log/codec/frame_payload.cpp", "core/log/codec/numbers.cpp",
              "core/log/codec/shape.cpp"],
    "directory": ["core/log/segment/directory.cpp"],
    "cbor": ["core/atproto/cbor_reader.cpp", "core/atproto/json_from_cbor.cpp"],
    "json_line": ["core/ingest/jsonl.cpp", "core/ingest/json_event.cpp",
                  "core/atproto/cbor_from_json.cpp"],
    "firehose": ["core/ingest/capture.cpp", "core/ingest/firehose.cpp", "core/ingest/frame.cpp"],
    "repo": ["core/atproto/car.cpp", "core/atproto/mst.cpp"],
    "jetstream": ["core/ingest/jetstream.cpp"],
    "command": ["core/server/command.cpp"],
    "http": ["core/net/url.cpp", "core/net/http.cpp"],
    "sdk": ["sdk/include/refold/detail/cbor.hpp", "sdk/include/refold/detail/key_bytes.hpp",
            "sdk/include/refold/detail/record_reader.hpp"],
    "isolation": ["core/isolation/frame.cpp", "core/isolation/messages.cpp",
                  "core/isolation/orders.cpp"],
    "plugin_report": ["core/plugin/report.cpp", "core/plugin/info_wire.cpp"],
}
# Encoders that share a file with a decoder, and sizes that only reports ask for.
NOT_DECODING = re.compile(
    r"write_directory|write_block|write_header|write_trailer|put_|encode_|memory_bytes|Writer|"
    r"Compressor|row_bytes|check_event|name_too_large|code_order|"
    r"put_frame|CaptureForm|(greeting|step|end)_record|6recordE|6encodeE")


def lines_of(folder, name, files):
    """{function: [lines, missed]} of the decoders in these files."""
    profile = folder / f"{name}.profdata"
    subprocess.run(["llvm-profdata-14", "merge", "-o", profile, folder / f"{name}.profraw"],
                   check=True)
    report = subprocess.run(["llvm-cov-14", "export", folder / f"{name}_fuzz",
                             f"-instr-profile={profile}", "-format=lcov"],
                            check=True, stdout=subprocess.PIPE, text=True).stdout
    found = {}
    # For each file SF:PATH, then FN:LINE,FUNCTION, then DA:LINE,COUNT. The paths are those that
    # the compiler was given: with ccache, not always those of this checkout.
    for section in report.split("end_of_record"):
        path = re.search(r"^SF:(.*)$", section, re.M)
        if not path or not path[1].endswith(tuple(f"/{file}" for file in files)):
            continue
        starts = sorted((int(line), function) for line, function in
                        re.findall(r"^FN:(\d+),(.*)$", section, re.M))
        for line, count in re.findall(r"^DA:(\d+),(\d+)", section, re.M):
            function = starts[bisect_right(starts, (int(line), "~")) - 1][1]
            if not NOT_DECODING.search(function):
                lines = found.setdefault(function, [0, 0])
                lines[0] += 1
                lines[1] += count == "0"
    return found


def main():
    folder = Path(sys.argv[1])
    failed = False
    for name, files in DECODERS.items():
        functions = lines_of(folder, name, files)
        lines = sum(count for count, _ in functions.values())
        missed = sum(miss for _, miss in functions.values())
        reached = 100.0 * (lines - missed) / lines if lines else 0.0
        print(f"{name:10} {reached:5.1f} % of {lines} lines")
        if reached >= LEAST:
            continue
        failed = True
        worst = sorted(functions.items(), key=lambda entry: -entry[1][1])[:10]
        for function, (count, miss) in worst:
            print(f"    {miss:3} of {count:3} missed: {function}")
    if failed:
        sys.exit(f"a corpus reaches less than {LEAST} % of its decoder's lines")


if __name__ == "__main__":
    main()
