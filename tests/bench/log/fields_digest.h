#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "core/base/bytes.h"
#include "core/log/event.h"

namespace refold::bench {

/// A digest over every field and every byte of some events: proof that a reader materialised them
/// all, and that what one store gives back is what the others give back. It is quick (some tens
/// of nanoseconds an event), so that a scan measures the store; it withstands accidents, not
/// intent.
///
/// The witness time is read but left out of the value: each store has looked at the clock itself.
class FieldsDigest {
 public:
  void add(const log::Event& event) noexcept {
    const bool active = event.kind == log::Kind::account && event.active;
    mix(event.seq);
    mix(static_cast<std::uint64_t>(event.kind) | static_cast<std::uint64_t>(event.missing) << 8 |
        static_cast<std::uint64_t>(event.previous_state) << 16 |
        static_cast<std::uint64_t>(active ? 1 : 0) << 24 |
        static_cast<std::uint64_t>(event.flags) << 32 |
        static_cast<std::uint64_t>(event.order) << 48);
    mix(event.rev.value);
    mix(event.previous_seq);
    mix(event.upstream_seq ^ static_cast<std::uint64_t>(event.upstream_us));
    for (const std::string_view text :
         {event.source, event.did, event.collection, event.rkey, event.status, event.handle}) {
      mix(folded(bytes_of(text)));
    }
    mix(folded(event.record));
    mix(folded(event.previous_record));
    witness_ ^= event.witness_us;
    ++events_;
  }

  [[nodiscard]] std::uint64_t value() const noexcept { return value_; }
  [[nodiscard]] std::uint64_t events() const noexcept { return events_; }
  /// Changes with every witness time.
  [[nodiscard]] std::int64_t witness() const noexcept { return witness_; }

 private:
  static constexpr std::uint64_t factor = 0x9e3779b97f4a7c15U;

  void mix(std::uint64_t field) noexcept {
    value_ = (value_ ^ field) * factor;
    value_ ^= value_ >> 32;
  }

  /// Every byte and the length, four words at a time: written out, so that they stay in registers.
  [[nodiscard]] static std::uint64_t folded(ByteView bytes) noexcept {
    const std::uint8_t* at = bytes.data();
    std::size_t left = bytes.size();
    std::uint64_t a = left;
    std::uint64_t b = 1;
    std::uint64_t c = 2;
    std::uint64_t d = 3;
    for (; left >= 32; at += 32, left -= 32) {
      a = a * factor + load_le<std::uint64_t>(at);
      b = b * factor + load_le<std::uint64_t>(at + 8);
      c = c * factor + load_le<std::uint64_t>(at + 16);
      d = d * factor + load_le<std::uint64_t>(at + 24);
    }
    for (; left >= 8; at += 8, left -= 8) a = a * factor + load_le<std::uint64_t>(at);
    std::uint64_t rest = 0;
    if (left > 0) std::memcpy(&rest, at, left);
    return ((a * factor ^ b) * factor ^ c) * factor ^ d ^ rest * factor;
  }

  std::uint64_t value_ = 0;
  std::uint64_t events_ = 0;
  std::int64_t witness_ = 0;
};

}  // namespace refold::bench
