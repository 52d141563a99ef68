#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/model/random.h"
#include "tests/bench/model/vocabulary.h"

namespace refold::bench {

/// A stretch of a post's text that links somewhere.
struct Facet {
  enum class Kind : std::uint8_t { link, mention, tag };
  Kind kind = Kind::link;
  std::size_t byte_start = 0;
  std::size_t byte_end = 0;
  std::string target;  ///< the URL or the tag; empty for a mention
};

/// Writes texts as people do: words by Zipf's law, names and typing errors, numbers, emoji, and now
/// and then a link, a mention or a hashtag. One thread at a time.
class Writing {
 public:
  static constexpr std::size_t graphemes_max = 300;
  static constexpr double post_bytes_median = 70.0;

  explicit Writing(Random& random);

  [[nodiscard]] std::size_t languages() const noexcept { return vocabularies_.size(); }
  [[nodiscard]] std::string_view tag(std::size_t language) const noexcept {
    return vocabularies_[language].script().tag;
  }
  /// The language of a share of the actors: `point` from 0 up to 1.
  [[nodiscard]] std::size_t language_at(double point) const noexcept;

  /// Replaces `text` and `facets` with a post's.
  void post(std::size_t language, std::string& text, std::vector<Facet>& facets);
  /// Appends about `bytes` of sentences, without links.
  void sentences(std::size_t language, std::size_t bytes, std::string& to);
  /// Appends words as for a name or a title.
  void title(std::size_t language, std::size_t words, std::string& to);
  /// Appends a URL that occurs nowhere else.
  void url(std::string& to);
  /// Appends `count` random characters of a-z and 0-9.
  void token(std::size_t count, std::string& to);

 private:
  void unusual(const Vocabulary& vocabulary, std::string& text, std::vector<Facet>& facets);
  void punctuation(const Vocabulary& vocabulary, std::string& text);

  Random& random_;
  std::vector<Vocabulary> vocabularies_;
};

}  // namespace refold::bench
