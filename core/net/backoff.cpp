#include "core/net/backoff.h"

#include <algorithm>

namespace refold::net {

std::chrono::milliseconds Backoff::next() {
  const unsigned doublings = std::min(failures_, 30U);
  ++failures_;
  const std::int64_t first = std::max<std::int64_t>(options_.first.count(), 1);
  const std::int64_t longest = std::max<std::int64_t>(options_.longest.count(), first);
  const std::int64_t whole = first > (longest >> doublings) ? longest : first << doublings;
  return std::chrono::milliseconds(
      std::uniform_int_distribution<std::int64_t>(whole / 2, whole)(random_));
}

}  // namespace refold::net
