#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/atproto/cbor_writer.h"
#include "tests/support/scripted_server.h"

namespace refold::testing {

/// An #identity frame of subscribeRepos: the smallest that becomes an event.
inline std::string identity_frame(std::uint64_t seq, const std::string& did) {
  const auto text = [](const std::string& value) {
    std::string bytes;
    if (value.size() < 24) {
      bytes += static_cast<char>(0x60 + value.size());
    } else {
      bytes += '\x78';
      bytes += static_cast<char>(value.size());
    }
    return bytes + value;
  };
  std::string number = "\x1b";
  for (int shift = 56; shift >= 0; shift -= 8) number += static_cast<char>(seq >> shift);
  if (seq < 24)
    number = std::string(1, static_cast<char>(seq));
  else if (seq < 256)
    number = std::string("\x18") + static_cast<char>(seq);
  else if (seq < 65'536)
    number = "\x19" + number.substr(7);
  else if (seq < (std::uint64_t{1} << 32))
    number = "\x1a" + number.substr(5);
  return "\xa2" + text("t") + text("#identity") + text("op") + "\x01" + "\xa3" + text("did") +
         text(did) + text("seq") + number + text("time") + text("2026-11-23T00:00:00.000Z");
}

/// What an #info or an error is: op 1 or -1, then one word.
inline std::string info_frame(const std::string& name) {
  return "\xa2\x61t\x65#info\x62op\x01\xa1\x64name" +
         std::string(1, static_cast<char>(0x60 + name.size())) + name;
}
inline std::string error_frame(const std::string& code) {
  return "\xa1\x62op\x20\xa1\x65"
         "error" +
         std::string(1, static_cast<char>(0x60 + code.size())) + code;
}

}  // namespace refold::testing
