#pragma once

#include <cstdint>
#include <refold/projection.hpp>
#include <string_view>

/// What the projections of the benchmark and the folds written by hand have in common: what they
/// read of records, what their rows are, and where those come from.
namespace refold::bench {

inline constexpr const char* like_collection = "app.bsky.feed.like";
/// One event in a thousand is of it (Traffic::rare_collection).
inline constexpr const char* rare_collection = "net.refold.bench.thousandth";

struct Like {
  StrongRef subject;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(subject));
  }
};

/// A record as it is now.
struct Newest {
  Tid rev;
  Bytes record;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(rev), REFOLD_FIELD(record));
  }
};

/// By how much an event changes the number of living records.
inline std::int64_t living_records_by(ByteView record, ByteView previous) noexcept {
  return (record.empty() ? 0 : 1) - (previous.empty() ? 0 : 1);
}

/// A fold that writes nothing.
struct Seen {
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
  void look(std::string_view collection, ByteView record, ByteView previous) noexcept {
    ++events;
    bytes += collection.size() + record.size() + previous.size();
  }
};

}  // namespace refold::bench
