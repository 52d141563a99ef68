#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstdint>
#include <string_view>

#include "core/base/bytes.h"
#include "core/log/event.h"

namespace refold::bench {

/// A digest over every field and every byte of some events: proof that a reader materialised them
/// all, and that what one store gives back is what the others give back. It is quick (30 to 40
/// nanoseconds an event), so that a scan measures the store; it withstands accidents, not intent.
///
/// The witness time is read but left out of the value: each store has looked at the clock itself.
class FieldsDigest {
 public:
  void add(const log::Event& event) noexcept {
    const bool active = event.kind == log::Kind::account && event.active;
    const std::uint64_t small = static_cast<std::uint64_t>(event.kind) |
                                static_cast<std::uint64_t>(event.missing) << 8 |
                                static_cast<std::uint64_t>(event.previous_state) << 16 |
                                static_cast<std::uint64_t>(active ? 1 : 0) << 24 |
                                static_cast<std::uint64_t>(event.flags) << 32 |
                                static_cast<std::uint64_t>(event.order) << 48;
    // A factor for each place: the products do not wait for each other.
    std::uint64_t sum = event.seq * factor(1) + small * factor(2) + event.rev.value * factor(3) +
                        event.previous_seq * factor(4) + event.upstream_seq * factor(5) +
                        static_cast<std::uint64_t>(event.upstream_us) * factor(6);
    sum += folded(bytes_of(event.source)) * factor(7) + folded(bytes_of(event.did)) * factor(8) +
           folded(bytes_of(event.collection)) * factor(9) +
           folded(bytes_of(event.rkey)) * factor(10) + folded(bytes_of(event.status)) * factor(11) +
           folded(bytes_of(event.handle)) * factor(12);
    sum += folded(event.record) * factor(13) + folded(event.previous_record) * factor(14);
    value_ = (value_ ^ sum) * factor(15);
    value_ ^= value_ >> 32;
    witness_ ^= event.witness_us;
    ++events_;
  }

  [[nodiscard]] std::uint64_t value() const noexcept { return value_; }
  [[nodiscard]] std::uint64_t events() const noexcept { return events_; }
  /// Changes with every witness time.
  [[nodiscard]] std::int64_t witness() const noexcept { return witness_; }

 private:
  static constexpr std::uint64_t factor(std::uint64_t place) noexcept {
    return 0x9e3779b97f4a7c15U * (2 * place + 1);
  }

  [[nodiscard]] static std::uint64_t folded(ByteView bytes) noexcept {
    return bytes.empty() ? 0 : XXH3_64bits(bytes.data(), bytes.size());
  }

  std::uint64_t value_ = 0;
  std::uint64_t events_ = 0;
  std::int64_t witness_ = 0;
};

}  // namespace refold::bench
