#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace refold {

/// Appends one compact JSON value to a text, piece by piece, in order.
///
/// Commas are set by themselves; that keys and brackets match is the caller's business. Texts may
/// hold anything: bytes that are not UTF-8 become U+FFFD, and what a terminal would act on is
/// written as `\uNNNN`.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& open(char bracket);   ///< '{' or '['
  JsonWriter& close(char bracket);  ///< '}' or ']'
  JsonWriter& key(std::string_view key);
  JsonWriter& text(std::string_view value);
  JsonWriter& number(std::uint64_t value);
  JsonWriter& number(std::int64_t value);
  JsonWriter& decimal(double value);  ///< three digits of fraction
  JsonWriter& boolean(bool value);
  JsonWriter& null();

  JsonWriter& field(std::string_view name, std::string_view value) { return key(name).text(value); }
  JsonWriter& field(std::string_view name, std::uint64_t value) { return key(name).number(value); }

  /// The end of the text, for a caller that appends one whole value by itself.
  std::string& value();

 private:
  void begin_value();

  std::string& out_;
  bool comma_ = false;
};

/// Writes what a terminal would act on inside `json` (a whole, valid JSON text, from position
/// `from`) as `\uNNNN`. The value stays the same.
void make_safe(std::string& json, std::size_t from);

}  // namespace refold
