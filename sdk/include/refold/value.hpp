#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "refold/bytes.hpp"
#include "refold/cid.hpp"
#include "refold/detail/cbor.hpp"

namespace refold {

/// Any DAG-CBOR value, to be walked without knowing what it is: a whole record, or a part of one.
///
/// A view: it lives as long as the bytes that it was made of (for what comes from an event, until
/// apply() returns). Nothing is decoded before it is asked for. A Value is well-formed: what is in
/// it can be walked without errors, and nests at most 128 deep.
class Value {
 public:
  enum class Type : std::uint8_t { null, boolean, integer, text, bytes, link, array, object };

  /// null.
  Value() noexcept : Value(null_bytes()) {}
  /// None if the bytes are not exactly one value.
  [[nodiscard]] static std::optional<Value> parse(ByteView bytes) noexcept {
    detail::cbor::Cursor cursor(bytes);
    if (bytes.empty() || !detail::cbor::skip(cursor) || cursor.left() != 0) return std::nullopt;
    return Value(bytes);
  }
  /// Of bytes that parse() takes.
  [[nodiscard]] static Value unchecked(ByteView bytes) noexcept { return Value(bytes); }

  [[nodiscard]] Type type() const noexcept;
  [[nodiscard]] bool is_null() const noexcept { return type() == Type::null; }
  [[nodiscard]] bool is_text() const noexcept { return type() == Type::text; }
  [[nodiscard]] bool is_array() const noexcept { return type() == Type::array; }
  [[nodiscard]] bool is_object() const noexcept { return type() == Type::object; }

  /// Each is none if this is something else.
  [[nodiscard]] std::optional<bool> boolean() const noexcept;
  /// Also none if it is over 2^63-1.
  [[nodiscard]] std::optional<std::int64_t> integer() const noexcept;
  /// Also none if it is below zero.
  [[nodiscard]] std::optional<std::uint64_t> unsigned_integer() const noexcept;
  /// Also none if it is not UTF-8.
  [[nodiscard]] std::optional<std::string_view> text() const noexcept;
  [[nodiscard]] std::optional<ByteView> bytes() const noexcept;
  [[nodiscard]] std::optional<Cid> link() const noexcept;

  /// How many items an array has, or fields an object; else 0.
  [[nodiscard]] std::uint64_t size() const noexcept;
  /// The field of an object with this name; none if there is no such field, or this is no object.
  [[nodiscard]] std::optional<Value> operator[](std::string_view name) const noexcept;

  /// Calls `visit(std::string_view name, Value field)` for each field, if this is an object, or
  /// `visit(Value item)` for each item, if this is an array. A `visit` that returns a bool ends it
  /// with false.
  template <class Visit>
  void for_each_field(Visit&& visit) const;
  template <class Visit>
  void for_each_item(Visit&& visit) const;

  /// Its DAG-CBOR.
  [[nodiscard]] ByteView encoded() const noexcept { return encoded_; }
  /// As T, by the rules of RecordChange::record<T>(); none if it is no T.
  template <class T>
  [[nodiscard]] std::optional<T> as() const;

 private:
  explicit Value(ByteView encoded) noexcept : encoded_(encoded) {}
  static ByteView null_bytes() noexcept {
    static constexpr std::uint8_t null = 0xF6;
    return {&null, 1};
  }
  /// Reads the head; the cursor then stands behind it.
  [[nodiscard]] detail::cbor::Head head(detail::cbor::Cursor& cursor) const noexcept {
    cursor = detail::cbor::Cursor(encoded_);
    detail::cbor::Head head;
    detail::cbor::read_head(cursor, head);
    return head;
  }
  /// The value that the cursor stands before; then it stands behind it.
  static Value take(detail::cbor::Cursor& cursor) noexcept {
    const std::uint8_t* const from = cursor.at;
    detail::cbor::skip(cursor);
    return Value({from, cursor.at});
  }
  template <class Visit, class... Arguments>
  static bool goes_on(Visit& visit, Arguments&&... arguments) {
    if constexpr (std::is_same_v<std::invoke_result_t<Visit&, Arguments...>, bool>) {
      return visit(std::forward<Arguments>(arguments)...);
    } else {
      visit(std::forward<Arguments>(arguments)...);
      return true;
    }
  }

  ByteView encoded_;
};

/// A value of one's own, whole: what a table stores to have a record as it came.
class Record {
 public:
  Record() = default;
  explicit Record(Value value) : Record(value.encoded()) {}
  /// Of bytes as they are, without a look at them: Record(change.record_bytes()).
  explicit Record(ByteView bytes) : bytes_(bytes.begin(), bytes.end()) {}

  /// A view into this. null if there is nothing in it, or nothing that could be read.
  [[nodiscard]] Value value() const noexcept { return Value::parse(bytes_).value_or(Value()); }
  [[nodiscard]] const Bytes& bytes() const noexcept { return bytes_; }

  friend bool operator==(const Record&, const Record&) = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(bytes_);
  }

 private:
  Bytes bytes_;
};

inline Value::Type Value::type() const noexcept {
  using detail::cbor::Major;
  detail::cbor::Cursor cursor;
  const detail::cbor::Head first = head(cursor);
  switch (first.major) {
    case Major::unsigned_integer:
    case Major::negative_integer: return Type::integer;
    case Major::bytes: return Type::bytes;
    case Major::text: return Type::text;
    case Major::array: return Type::array;
    case Major::map: return Type::object;
    case Major::tag: return Type::link;
    default: return first.argument == detail::cbor::simple_null ? Type::null : Type::boolean;
  }
}

inline std::optional<bool> Value::boolean() const noexcept {
  detail::cbor::Cursor cursor;
  if (type() != Type::boolean) return std::nullopt;
  return head(cursor).argument == detail::cbor::simple_true;
}

inline std::optional<std::int64_t> Value::integer() const noexcept {
  detail::cbor::Cursor cursor;
  const detail::cbor::Head first = head(cursor);
  if (type() != Type::integer || first.argument > INT64_MAX) return std::nullopt;
  const auto value = static_cast<std::int64_t>(first.argument);
  return first.major == detail::cbor::Major::unsigned_integer ? value : -1 - value;
}

inline std::optional<std::uint64_t> Value::unsigned_integer() const noexcept {
  detail::cbor::Cursor cursor;
  const detail::cbor::Head first = head(cursor);
  if (first.major != detail::cbor::Major::unsigned_integer) return std::nullopt;
  return first.argument;
}

inline std::optional<std::string_view> Value::text() const noexcept {
  detail::cbor::Cursor cursor(encoded_);
  std::string_view text;
  if (!detail::cbor::read_text(cursor, text)) return std::nullopt;
  return text;
}

inline std::optional<ByteView> Value::bytes() const noexcept {
  detail::cbor::Cursor cursor;
  const detail::cbor::Head first = head(cursor);
  if (first.major != detail::cbor::Major::bytes) return std::nullopt;
  return detail::cbor::take(cursor, first);
}

inline std::optional<Cid> Value::link() const noexcept {
  detail::cbor::Cursor cursor;
  ByteView cid;
  if (head(cursor).major != detail::cbor::Major::tag) return std::nullopt;
  if (!detail::cbor::read_link(cursor, cid)) return std::nullopt;
  return Cid::from_bytes(cid);
}

inline std::uint64_t Value::size() const noexcept {
  detail::cbor::Cursor cursor;
  return is_array() || is_object() ? head(cursor).argument : 0;
}

inline std::optional<Value> Value::operator[](std::string_view name) const noexcept {
  detail::cbor::Cursor cursor(encoded_);
  detail::cbor::MapReader map;
  if (!map.open(cursor, 0)) return std::nullopt;
  if (map.find(name, cursor.at) != detail::cbor::MapReader::Found::yes) return std::nullopt;
  return take(cursor);
}

template <class Visit>
void Value::for_each_field(Visit&& visit) const {
  detail::cbor::Cursor cursor;
  if (!is_object()) return;
  for (std::uint64_t left = head(cursor).argument; left > 0; --left) {
    std::string_view name;
    detail::cbor::read_key(cursor, name);
    if (!goes_on(visit, name, take(cursor))) return;
  }
}

template <class Visit>
void Value::for_each_item(Visit&& visit) const {
  detail::cbor::Cursor cursor;
  if (!is_array()) return;
  for (std::uint64_t left = head(cursor).argument; left > 0; --left) {
    if (!goes_on(visit, take(cursor))) return;
  }
}

}  // namespace refold
