#include "core/atproto/syntax.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <string>

namespace refold::atproto {
namespace {

/// What a byte may be part of, one bit each.
enum Class : std::uint8_t {
  lower = 1,
  upper = 2,
  digit = 4,
  hyphen = 8,
  did_mark = 16,     ///< . _ : % -
  key_mark = 32,     ///< . _ : ~ -
  base_mark = 64,    ///< + = (multibase)
  scheme_mark = 128  ///< + . -
};
constexpr std::uint8_t letter = lower | upper;
constexpr std::uint8_t alphanumeric = letter | digit;

constexpr auto classes = [] {
  std::array<std::uint8_t, 256> table{};
  const auto mark = [&table](std::string_view characters, std::uint8_t what) {
    for (const char character : characters) table[static_cast<unsigned char>(character)] |= what;
  };
  mark("abcdefghijklmnopqrstuvwxyz", lower);
  mark("ABCDEFGHIJKLMNOPQRSTUVWXYZ", upper);
  mark("0123456789", digit);
  mark("-", hyphen);
  mark("._:%-", did_mark);
  mark("._:~-", key_mark);
  mark("+=", base_mark);
  mark("+.-", scheme_mark);
  return table;
}();

bool is(char character, std::uint8_t what) noexcept {
  return (classes[static_cast<unsigned char>(character)] & what) != 0;
}

bool all(std::string_view text, std::uint8_t what) noexcept {
  std::uint8_t bad = 0;
  for (const char character : text) {
    bad |= static_cast<std::uint8_t>((classes[static_cast<unsigned char>(character)] & what) == 0);
  }
  return bad == 0;
}

constexpr std::size_t label_length_max = 63;

/// 1 to 63 letters, digits and hyphens, no hyphen at either end.
bool valid_label(std::string_view label) noexcept {
  return !label.empty() && label.size() <= label_length_max && label.front() != '-' &&
         label.back() != '-' && all(label, alphanumeric | hyphen);
}

/// Checks the labels before the last dot, and counts them in `count`; false if one is not valid.
/// Leaves what follows the last dot in `text`.
bool take_labels(std::string_view& text, std::size_t& count) noexcept {
  for (std::size_t dot = text.find('.'); dot != text.npos; dot = text.find('.')) {
    if (!valid_label(text.substr(0, dot))) return false;
    text.remove_prefix(dot + 1);
    ++count;
  }
  return true;
}

constexpr std::string_view at_scheme = "at://";

/// Splits without asking what the parts are; false if the scheme is missing or a part is empty.
bool split(std::string_view text, AtUriParts& parts) noexcept {
  if (text.size() > at_uri_length_max || text.substr(0, at_scheme.size()) != at_scheme)
    return false;
  text.remove_prefix(at_scheme.size());
  const std::size_t first = text.find('/');
  parts.did = text.substr(0, first);
  if (first == text.npos) return true;
  text.remove_prefix(first + 1);
  const std::size_t second = text.find('/');
  parts.collection = text.substr(0, second);
  if (parts.collection.empty()) return false;
  if (second == text.npos) return true;
  parts.rkey = text.substr(second + 1);
  return !parts.rkey.empty();
}

bool valid_path(const AtUriParts& parts) noexcept {
  if (parts.collection.empty()) return true;
  return valid_nsid(parts.collection) && (parts.rkey.empty() || valid_record_key(parts.rkey));
}

}  // namespace

bool valid_did(std::string_view text) noexcept {
  if (text.size() > did_length_max || text.substr(0, 4) != "did:") return false;
  text.remove_prefix(4);
  const std::size_t colon = text.find(':');
  if (colon == text.npos || colon == 0 || !all(text.substr(0, colon), lower)) return false;
  text.remove_prefix(colon + 1);
  return !text.empty() && text.back() != ':' && text.back() != '%' &&
         all(text, alphanumeric | did_mark);
}

bool valid_nsid(std::string_view text) noexcept {
  if (text.empty() || text.size() > nsid_length_max || !is(text.front(), letter)) return false;
  std::size_t labels = 0;
  if (!take_labels(text, labels) || labels < 2) return false;
  return !text.empty() && text.size() <= label_length_max && is(text.front(), letter) &&
         all(text, alphanumeric);
}

bool valid_collection_pattern(std::string_view text) {
  constexpr std::string_view any = ".*";
  if (text.size() > nsid_length_max || !text.ends_with(any)) return valid_nsid(text);
  const std::string authority(text.substr(0, text.size() - any.size()));
  return valid_nsid(authority + ".a") || valid_nsid(authority + ".a.a");
}

bool valid_record_key(std::string_view text) noexcept {
  if (text.empty() || text.size() > record_key_length_max) return false;
  return text != "." && text != ".." && all(text, alphanumeric | key_mark);
}

bool valid_handle(std::string_view text) noexcept {
  if (text.size() > handle_length_max) return false;
  std::size_t labels = 0;
  if (!take_labels(text, labels) || labels < 1) return false;
  return valid_label(text) && is(text.front(), letter);
}

bool valid_at_uri(std::string_view text) noexcept {
  AtUriParts parts;
  if (!split(text, parts)) return false;
  return (valid_did(parts.did) || valid_handle(parts.did)) && valid_path(parts);
}

std::optional<AtUriParts> split_at_uri(std::string_view text) noexcept {
  AtUriParts parts;
  if (!split(text, parts) || !valid_did(parts.did) || !valid_path(parts)) return std::nullopt;
  return parts;
}

bool valid_cid_syntax(std::string_view text) noexcept {
  if (text.size() < 8 || text.size() > cid_syntax_length_max) return false;
  return text.substr(0, 3) != "Qmb" && all(text, alphanumeric | base_mark);
}

bool valid_uri(std::string_view text) noexcept {
  constexpr std::size_t scheme_length_max = 81;
  const std::size_t colon = text.substr(0, scheme_length_max + 1).find(':');
  if (text.size() > uri_length_max || colon == text.npos || colon + 1 == text.size()) return false;
  if (!is(text.front(), letter) || !all(text.substr(0, colon), alphanumeric | scheme_mark)) {
    return false;
  }
  return text.find_first_of(" \t\n\v\f\r", colon) == text.npos;
}

}  // namespace refold::atproto
