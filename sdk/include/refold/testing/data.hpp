#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "refold/key.hpp"
#include "refold/types.hpp"

namespace refold::testing {

/// A value of a record, to be written down in a test:
///
///   object({{"$type", "app.bsky.feed.like"},
///           {"subject", object({{"uri", uri}, {"cid", cid}})},
///           {"createdAt", "2026-01-31T12:00:00Z"}})
class Data {
 public:
  Data(std::nullptr_t) { bytes_ = {0xF6}; }  // NOLINT(google-explicit-constructor)
  template <std::same_as<bool> T>
  Data(T value) : bytes_{value ? std::uint8_t{0xF5} : std::uint8_t{0xF4}} {}  // NOLINT
  template <detail::Number T>
  Data(T value) {  // NOLINT(google-explicit-constructor)
    if (std::cmp_less(value, 0)) {
      head(1, static_cast<std::uint64_t>(-1 - static_cast<std::int64_t>(value)));
    } else {
      head(0, static_cast<std::uint64_t>(value));
    }
  }
  template <std::convertible_to<std::string_view> T>
  Data(const T& text) {  // NOLINT(google-explicit-constructor)
    const ByteView bytes = detail::bytes_of(std::string_view(text));
    head(3, bytes.size());
    append(bytes);
  }
  Data(const Bytes& bytes) {  // NOLINT(google-explicit-constructor)
    head(2, bytes.size());
    append(bytes);
  }
  /// A link.
  Data(const Cid& cid) {  // NOLINT(google-explicit-constructor)
    bytes_ = {0xD8, 42, 0x58, 37, 0};
    append(cid.bytes);
  }
  Data(const Value& value) { append(value.encoded()); }   // NOLINT(google-explicit-constructor)
  Data(const Record& record) { append(record.bytes()); }  // NOLINT(google-explicit-constructor)
  /// Bytes as they are, DAG-CBOR or not.
  [[nodiscard]] static Data raw(Bytes bytes) {
    Data data(nullptr);
    data.bytes_ = std::move(bytes);
    return data;
  }

  [[nodiscard]] const Bytes& bytes() const noexcept { return bytes_; }
  [[nodiscard]] Value value() const { return Value::parse(bytes_).value_or(Value()); }

 private:
  friend Data object(std::vector<std::pair<std::string, Data>> fields);
  friend Data array(const std::vector<Data>& items);

  void head(unsigned major, std::uint64_t argument) {
    const unsigned low = argument < 24            ? static_cast<unsigned>(argument)
                         : argument < 0x100       ? 24
                         : argument < 0x10000     ? 25
                         : argument < 0x100000000 ? 26
                                                  : 27;
    bytes_.push_back(static_cast<std::uint8_t>(major << 5 | low));
    const unsigned size = low < 24 ? 0 : 1U << (low - 24);
    for (unsigned i = size; i-- > 0;) {
      bytes_.push_back(static_cast<std::uint8_t>(argument >> (8 * i)));
    }
  }
  void append(ByteView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }

  Bytes bytes_;
};

/// An object; its fields in any order.
inline Data object(std::vector<std::pair<std::string, Data>> fields) {
  std::sort(fields.begin(), fields.end(), [](const auto& a, const auto& b) {
    return detail::cbor::compare_keys(a.first, b.first) < 0;
  });
  Data data(nullptr);
  data.bytes_.clear();
  data.head(5, fields.size());
  for (const auto& [name, value] : fields) {
    data.append(Data(name).bytes_);
    data.append(value.bytes_);
  }
  return data;
}

inline Data array(const std::vector<Data>& items) {
  Data data(nullptr);
  data.bytes_.clear();
  data.head(4, items.size());
  for (const Data& item : items) data.append(item.bytes_);
  return data;
}

}  // namespace refold::testing
