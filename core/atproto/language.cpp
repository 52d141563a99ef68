#include <algorithm>
#include <array>

#include "core/atproto/syntax.h"

namespace refold::atproto {
namespace {

constexpr std::size_t tag_length_max = 128;
constexpr std::size_t subtags_max = (tag_length_max + 1) / 2;

bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_ascii_digit(char c) noexcept { return c >= '0' && c <= '9'; }
char to_lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool letters(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), is_letter);
}
bool lower_letters(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}
bool digits(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), is_ascii_digit);
}
bool same(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return to_lower(x) == to_lower(y); });
}

/// The irregular grandfathered tags of RFC 5646 (the regular ones are well-formed as they stand).
constexpr std::array<std::string_view, 17> irregular = {
    "en-GB-oed", "i-ami", "i-bnn",     "i-default", "i-enochian", "i-hak",
    "i-klingon", "i-lux", "i-mingo",   "i-navajo",  "i-pwn",      "i-tao",
    "i-tay",     "i-tsu", "sgn-BE-FR", "sgn-BE-NL", "sgn-CH-DE"};

/// The subtags between hyphens, and a place in them.
class Subtags {
 public:
  /// False if the text has an empty or overlong subtag, or a byte that is no letter or digit.
  bool split(std::string_view text) noexcept {
    while (true) {
      const std::size_t hyphen = text.find('-');
      const std::string_view subtag = text.substr(0, hyphen);
      const bool plain = std::all_of(subtag.begin(), subtag.end(),
                                     [](char c) { return is_letter(c) || is_ascii_digit(c); });
      if (subtag.empty() || subtag.size() > 8 || !plain) return false;
      all_[count_++] = subtag;
      if (hyphen == text.npos) return true;
      text.remove_prefix(hyphen + 1);
    }
  }

  [[nodiscard]] bool done() const noexcept { return at_ == count_; }
  [[nodiscard]] std::string_view peek() const noexcept { return done() ? "" : all_[at_]; }
  void next() noexcept { ++at_; }
  [[nodiscard]] std::size_t at() const noexcept { return at_; }

  /// Whether the next subtag stands in [from, here) already.
  [[nodiscard]] bool repeated(std::size_t from) const noexcept {
    return std::any_of(all_.begin() + from, all_.begin() + at_,
                       [this](std::string_view other) { return same(other, peek()); });
  }

 private:
  std::array<std::string_view, subtags_max> all_;
  std::size_t count_ = 0;
  std::size_t at_ = 0;
};

bool is_variant(std::string_view text) noexcept {
  return text.size() >= 5 || (text.size() == 4 && is_ascii_digit(text[0]));
}

/// Language, extended language, script, region.
bool read_language(Subtags& subtags) noexcept {
  const std::string_view language = subtags.peek();
  // In lower case, as the protocol's vectors ask. (4 to 8 letters were never registered.)
  if (language.size() < 2 || language.size() > 3 || !lower_letters(language)) return false;
  subtags.next();
  for (int i = 0; i < 3; ++i) {
    if (subtags.peek().size() == 3 && letters(subtags.peek())) subtags.next();
  }
  if (subtags.peek().size() == 4 && letters(subtags.peek())) subtags.next();
  const std::string_view region = subtags.peek();
  if ((region.size() == 2 && letters(region)) || (region.size() == 3 && digits(region))) {
    subtags.next();
  }
  return true;
}

/// Variants, extensions, private use: to the end.
bool read_rest(Subtags& subtags) noexcept {
  for (const std::size_t from = subtags.at(); is_variant(subtags.peek()); subtags.next()) {
    if (subtags.repeated(from)) return false;
  }
  std::array<bool, 128> seen{};
  while (subtags.peek().size() == 1) {
    const char singleton = to_lower(subtags.peek()[0]);
    if (seen[static_cast<unsigned char>(singleton)]) return false;
    seen[static_cast<unsigned char>(singleton)] = true;
    subtags.next();
    const std::size_t least = singleton == 'x' ? 1 : 2;
    if (subtags.done() || subtags.peek().size() < least) return false;
    while (subtags.peek().size() >= least) subtags.next();
  }
  return subtags.done();
}

}  // namespace

bool valid_language(std::string_view text) noexcept {
  if (text.empty() || text.size() > tag_length_max) return false;
  if (std::any_of(irregular.begin(), irregular.end(),
                  [text](std::string_view tag) { return same(tag, text); })) {
    return true;
  }
  Subtags subtags;
  if (!subtags.split(text)) return false;
  if (same(subtags.peek(), "x")) return read_rest(subtags);
  return read_language(subtags) && read_rest(subtags);
}

}  // namespace refold::atproto
