#include "core/engine/config/spelling.h"

#include <algorithm>
#include <array>

namespace refold::engine {
namespace {

constexpr std::size_t word_bytes_max = 64;
using Distances = std::array<std::size_t, word_bytes_max + 1>;

}  // namespace

std::size_t edit_distance(std::string_view one, std::string_view other) {
  if (one.size() > word_bytes_max || other.size() > word_bytes_max) return word_bytes_max;
  Distances before{};  // of the prefix two letters shorter
  Distances last{};
  Distances now{};
  for (std::size_t j = 0; j <= other.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= one.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= other.size(); ++j) {
      const std::size_t differs = one[i - 1] == other[j - 1] ? 0 : 1;
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + differs});
      if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1]) {
        now[j] = std::min(now[j], before[j - 2] + 1);
      }
    }
    before = last;
    last = now;
  }
  return last[other.size()];
}

std::string nearest(std::string_view written, const std::vector<std::string>& words) {
  // One letter in three may be wrong, and one in a short word.
  std::size_t best = std::max<std::size_t>(written.size() / 3, 1) + 1;
  std::string found;
  for (const std::string& word : words) {
    const std::size_t distance = edit_distance(written, word);
    if (distance >= best) continue;
    best = distance;
    found = word;
  }
  return found;
}

std::string suggestion(std::string_view written, const std::vector<std::string>& words) {
  const std::string word = nearest(written, words);
  return word.empty() ? word : "; did you mean " + word + "?";
}

}  // namespace refold::engine
