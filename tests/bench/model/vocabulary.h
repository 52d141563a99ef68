#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/model/random.h"

namespace refold::bench {

/// How a language is written: what its words are made of.
struct Script {
  std::string_view tag;                    ///< BCP 47, as in a post's `langs`
  double share;                            ///< of the posts
  bool spaced;                             ///< words are separated by spaces
  std::vector<std::string_view> openings;  ///< of a syllable, most frequent first
  std::vector<std::string_view> middles;
  std::vector<std::string_view> endings;
  char32_t glyphs_first = 0;  ///< a block of ideographs or syllables; 0: none
  std::uint32_t glyphs = 0;
};

/// The scripts of the traffic's texts, most frequent first. Shares add up to 1.
[[nodiscard]] const std::vector<Script>& scripts();

/// Words that nobody speaks, with the lengths and letters of one script, by rank: frequent words
/// are short. The same words for every seed. Immutable; any thread.
class Vocabulary {
 public:
  static constexpr std::uint64_t words_max = 20'000;

  Vocabulary(const Script& script, std::uint64_t seed);

  [[nodiscard]] std::string_view word(std::uint64_t rank) const noexcept {
    return std::string_view(letters_).substr(starts_[rank], starts_[rank + 1] - starts_[rank]);
  }
  /// Appends a word: frequent ones often, some because they usually follow the one before, and one
  /// in fifty that is not in the vocabulary (a name, a typing error). Returns its rank, for the
  /// next call's `before`.
  std::uint64_t append_word(std::string& to, Random& random, std::uint64_t before = 0) const;
  [[nodiscard]] const Script& script() const noexcept { return script_; }

 private:
  void append_new_word(std::string& to, Random& random, std::uint64_t rank) const;
  void append_glyph(std::string& to, Random& random) const;

  const Script& script_;
  std::string letters_;
  std::vector<std::uint32_t> starts_;
};

/// Appends a code point in UTF-8.
void append_utf8(std::string& to, char32_t point);

}  // namespace refold::bench
