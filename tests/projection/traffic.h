#pragma once

#include <algorithm>
#include <random>
#include <vector>

#include "tests/support/drafts.h"

namespace refold::projection {

/// Random drafts, the same for the same seed: creates, updates, deletes, accounts that come and go,
/// late ones, missing payloads.
inline std::vector<testing::TestDraft> traffic(std::size_t count, std::uint64_t seed) {
  using namespace refold::testing;
  std::mt19937_64 random(seed);
  std::vector<TestDraft> made;
  for (std::size_t number = 0; number < count; ++number) {
    const std::string who = "user" + std::string(1, static_cast<char>('a' + random() % 7));
    const std::string rkey = std::to_string(random() % 40);
    const std::uint64_t now = 1 + seed * 100 + number;
    const std::uint64_t revision = now - std::min<std::uint64_t>(now - 1, random() % 5);
    const std::string_view collection = random() % 3 == 0 ? post : like;
    switch (random() % 12) {
      case 0: made.push_back(remove(who, rkey, revision, collection)); break;
      case 1: made.push_back(create(who, rkey, revision, "x", collection).without_payload()); break;
      case 2: {
        const std::string_view status = random() % 2 == 0 ? "" : "deactivated";
        made.push_back(account_is(who, status, now, static_cast<std::int64_t>(now)));
        break;
      }
      default:
        made.push_back(update(who, rkey, revision, "text " + std::to_string(random()), collection));
    }
  }
  return made;
}

}  // namespace refold::projection
