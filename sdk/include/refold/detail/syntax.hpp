#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// The syntax of the protocol's names, as its specifications give it. Lengths are in bytes.
namespace refold::detail {

constexpr bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// What a character may be part of, beside letters and digits: a bit for each.
enum Mark : std::uint8_t { alphanumeric = 1, in_label = 2, in_did = 4, in_record_key = 8 };
inline constexpr auto marks = [] {
  std::array<std::uint8_t, 256> table{};
  const auto set = [&table](std::string_view characters, unsigned mark) {
    for (const char c : characters) {
      auto& entry = table[static_cast<unsigned char>(c)];
      entry = static_cast<std::uint8_t>(entry | mark);
    }
  };
  set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
      alphanumeric | in_label | in_did | in_record_key);
  set("-", in_label);
  set("._:%-", in_did);
  set("._:~-", in_record_key);
  return table;
}();

constexpr bool is_letter(char c) noexcept {
  return (marks[static_cast<unsigned char>(c)] & alphanumeric) != 0 && !is_digit(c);
}
/// Whether every character may be part of this.
constexpr bool all(std::string_view text, Mark mark) noexcept {
  unsigned common = mark;
  for (const char c : text) common &= marks[static_cast<unsigned char>(c)];
  return common != 0;
}

/// 1 to 63 letters, digits and hyphens, no hyphen at either end.
constexpr bool valid_label(std::string_view label) noexcept {
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         all(label, in_label);
}

/// How many labels stand before the last dot, which they are taken off of `text`; none if one of
/// them is not valid.
constexpr std::size_t take_labels(std::string_view& text) noexcept {
  std::size_t count = 0;
  for (std::size_t dot = text.find('.'); dot != text.npos; dot = text.find('.')) {
    if (!valid_label(text.substr(0, dot))) return 0;
    text.remove_prefix(dot + 1);
    ++count;
  }
  return count;
}

constexpr bool valid_did(std::string_view text) noexcept {
  if (text.size() > 2048 || !text.starts_with("did:")) return false;
  text.remove_prefix(4);
  const std::size_t colon = text.find(':');
  if (colon == text.npos || colon == 0) return false;
  for (const char c : text.substr(0, colon)) {
    if (!is_lower(c)) return false;
  }
  text.remove_prefix(colon + 1);
  return !text.empty() && text.back() != ':' && text.back() != '%' && all(text, in_did);
}

constexpr bool valid_nsid(std::string_view text) noexcept {
  if (text.empty() || text.size() > 317 || !is_letter(text.front())) return false;
  if (take_labels(text) < 2) return false;
  return !text.empty() && text.size() <= 63 && is_letter(text.front()) && all(text, alphanumeric);
}

constexpr bool valid_record_key(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 512 && text != "." && text != ".." &&
         all(text, in_record_key);
}

constexpr bool valid_handle(std::string_view text) noexcept {
  if (text.size() > 253 || take_labels(text) < 1) return false;
  return valid_label(text) && is_letter(text.front());
}

/// The parts of an AT-URI; what it does not have is empty.
struct AtUriParts {
  std::string_view authority;
  std::string_view collection;
  std::string_view rkey;
};

/// Splits at://authority/collection/rkey, whatever the parts are.
constexpr AtUriParts split_at_uri(std::string_view text) noexcept {
  AtUriParts parts;
  text.remove_prefix(text.starts_with("at://") ? 5 : text.size());
  const std::size_t first = text.find('/');
  parts.authority = text.substr(0, first);
  if (first == text.npos) return parts;
  text.remove_prefix(first + 1);
  const std::size_t second = text.find('/');
  parts.collection = text.substr(0, second);
  if (second != text.npos) parts.rkey = text.substr(second + 1);
  return parts;
}

constexpr bool valid_at_uri(std::string_view text) noexcept {
  if (text.size() > 8192 || text.ends_with('/')) return false;
  const AtUriParts parts = split_at_uri(text);
  if (!valid_did(parts.authority) && !valid_handle(parts.authority)) return false;
  if (parts.collection.empty()) return text.size() == 5 + parts.authority.size();
  return valid_nsid(parts.collection) && (parts.rkey.empty() || valid_record_key(parts.rkey));
}

}  // namespace refold::detail
