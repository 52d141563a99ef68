#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "core/atproto/cid.h"
#include "core/atproto/tid.h"
#include "core/base/bytes.h"
#include "core/log/event.h"

namespace refold::bench {

/// One event of the network, as a source would hand it on. Views into the Traffic that made it,
/// valid until its next next().
struct Operation {
  log::Kind kind = log::Kind::create;  ///< create, update, remove, identity or account
  std::int64_t time_us = 0;            ///< when the stream showed it: grows strictly
  std::string_view did;
  atproto::Tid rev{};  ///< record events only, like the next three
  std::string_view collection;
  std::string_view rkey;
  atproto::Cid cid{};  ///< create and update only, like `record`
  ByteView record;     ///< canonical DAG-CBOR that hashes to `cid`
  bool active = true;  ///< account events
  std::string_view status;
  std::string_view handle;         ///< identity events
  std::uint64_t upstream_seq = 0;  ///< identity and account events, like the next
  std::int64_t upstream_us = 0;
};

/// Synthetic traffic with the network's mix: the same events for the same seed and count, about a
/// million of them for each seventeen minutes. README.md says what it is modelled on and how near
/// it comes. Its memory is bounded (some 200 MB), and one core makes more than 200,000 events/s.
/// One thread at a time.
class Traffic {
 public:
  /// When every stream begins: 2025-06-01T12:00:00Z.
  static constexpr std::int64_t start_us = 1'748'779'200'000'000;
  static constexpr double mean_gap_us = 1'000.0;
  /// These make up exactly one in 1,000 and one in 10,000 events, at random places.
  static constexpr std::string_view rare_collection = "net.refold.bench.thousandth";
  static constexpr std::string_view rarest_collection = "net.refold.bench.tenthousandth";

  Traffic(std::uint64_t seed, std::uint64_t events);
  ~Traffic();
  Traffic(Traffic&&) noexcept;
  Traffic& operator=(Traffic&&) noexcept;

  /// Fills `out` with the next event; false when `events` have been made.
  [[nodiscard]] bool next(Operation& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace refold::bench
