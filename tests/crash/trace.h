#pragma once

#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "tests/crash/trace_format.h"
#include "tests/support/temp_folder.h"

namespace refold::crash {

/// One call, as power_shim.c wrote it down.
struct Call {
  trace_op op{};
  bool failed = false;
  int fd = -1;
  int flags = 0;
  std::uint64_t offset = 0;
  std::string path;
  std::string other;
  Bytes data;
};

/// Reads a trace; a record at its end that is not complete was never done.
inline std::vector<Call> read_trace(const std::filesystem::path& file) {
  const std::string bytes = testing::content_of(file);
  std::vector<Call> calls;
  trace_record record;
  for (std::size_t at = 0; at + sizeof record <= bytes.size();) {
    std::memcpy(&record, bytes.data() + at, sizeof record);
    at += sizeof record;
    if (bytes.size() - at < record.path_bytes + record.other_bytes + record.data_bytes) break;
    Call call;
    call.op = static_cast<trace_op>(record.op);
    call.failed = record.failed == trace_failed;
    call.fd = record.fd;
    call.flags = record.flags;
    call.offset = static_cast<std::uint64_t>(record.offset);
    call.path = bytes.substr(at, record.path_bytes);
    at += record.path_bytes;
    call.other = bytes.substr(at, record.other_bytes);
    at += record.other_bytes;
    const ByteView data = bytes_of(std::string_view(bytes).substr(at, record.data_bytes));
    call.data.assign(data.begin(), data.end());
    at += record.data_bytes;
    calls.push_back(std::move(call));
  }
  return calls;
}

}  // namespace refold::crash
