#include "core/index/draft.h"

#include <numeric>

namespace refold::index {

std::string_view name(Refusal reason) noexcept {
  switch (reason) {
    case Refusal::bad_did: return "bad_did";
    case Refusal::bad_collection: return "bad_collection";
    case Refusal::bad_rkey: return "bad_rkey";
    case Refusal::bad_rev: return "bad_rev";
    case Refusal::future_rev: return "future_rev";
    case Refusal::no_cid: return "no_cid";
    case Refusal::bad_field: return "bad_field";
  }
  return "unknown";
}

void Outcome::add(const Outcome& other) noexcept {
  appended += other.appended;
  late += other.late;
  missing += other.missing;
  known += other.known;
  for (std::size_t reason = 0; reason < refusal_count; ++reason) {
    refused[reason] += other.refused[reason];
  }
  last = std::max(last, other.last);
}

std::uint64_t Outcome::refused_total() const noexcept {
  return std::accumulate(std::begin(refused), std::end(refused), std::uint64_t{0});
}

}  // namespace refold::index
