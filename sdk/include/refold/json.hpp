#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "refold/detail/base64.hpp"
#include "refold/detail/fields.hpp"
#include "refold/detail/utf8.hpp"
#include "refold/types.hpp"

/// Values as JSON text: what queries answer, and how rows are shown.
///
///   bool, integers, floating point  the same (not finite: null); enums: their number
///   text, Did, Tid, Cid, Datetime   a string; what is not UTF-8 in it becomes U+FFFD
///   Time                            "2026-01-31T12:00:00.000000Z"
///   Bytes, ByteView                 {"$bytes": base64}
///   Value, Record, Blob             as the AT Protocol writes them
///   std::optional                   the value, or null
///   vector, array, set              an array
///   pair, tuple                     an array
///   map                             an object if its keys are text, else an array of pairs
///   a struct with serialize()       an object; fields without a name are called "0", "1", ...
namespace refold::detail {

inline void append_json_text(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  constexpr std::string_view controls = "\b\f\n\r\t";
  constexpr std::string_view letters = "bfnrt";
  const auto* at = reinterpret_cast<const std::uint8_t*>(text.data());
  out += '"';
  for (std::size_t left = text.size(); left > 0;) {
    const std::size_t length = utf8_length(at, left);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else if (*at == '"' || *at == '\\') {
      (out += '\\') += static_cast<char>(*at);
    } else if (const auto control = controls.find(static_cast<char>(*at)); control != text.npos) {
      (out += '\\') += letters[control];
    } else if (*at < 0x20) {
      ((out += "\\u00") += hex[*at >> 4]) += hex[*at & 15];
    } else {
      out.append(reinterpret_cast<const char*>(at), length);
    }
    at += length == 0 ? 1 : length;
    left -= length == 0 ? 1 : length;
  }
  out += '"';
}

template <class T>
void append_json(std::string& out, const T& value);

/// The fields of a struct, as an object.
class JsonFields : public FieldWalker<JsonFields> {
 public:
  explicit JsonFields(std::string& out) noexcept : out_(out) {}
  template <class T>
  void field(const char* name, const T& value) {
    if (count_ > 0) out_ += ',';
    append_json_text(out_, name == nullptr ? std::to_string(count_) : name);
    out_ += ':';
    append_json(out_, value);
    ++count_;
  }

 private:
  std::string& out_;
  std::size_t count_ = 0;
};

/// A text in its JSON form is the name of a field.
template <class T>
concept JsonText = std::is_convertible_v<const T&, std::string_view>;

template <class T>
inline constexpr bool is_json_list = false;
template <class T, class A>
inline constexpr bool is_json_list<std::vector<T, A>> = true;
template <class T, std::size_t N>
inline constexpr bool is_json_list<std::array<T, N>> = true;
template <class T, class C, class A>
inline constexpr bool is_json_list<std::set<T, C, A>> = true;
template <class T>
inline constexpr bool is_json_map = false;
template <class K, class T, class C, class A>
inline constexpr bool is_json_map<std::map<K, T, C, A>> = true;
template <class T>
inline constexpr bool is_json_tuple = false;
template <class... T>
inline constexpr bool is_json_tuple<std::tuple<T...>> = true;
template <class A, class B>
inline constexpr bool is_json_tuple<std::pair<A, B>> = true;
template <class T>
inline constexpr bool is_json_optional = false;
template <class T>
inline constexpr bool is_json_optional<std::optional<T>> = true;

template <class List>
void append_json_list(std::string& out, const List& list) {
  const char* before = "[";
  for (const auto& item : list) {
    out += std::exchange(before, ",");
    append_json(out, item);
  }
  if (*before == '[') out += before;
  out += ']';
}

template <class Map>
void append_json_map(std::string& out, const Map& map) {
  if constexpr (JsonText<typename Map::key_type>) {
    const char* before = "{";
    for (const auto& [key, item] : map) {
      out += std::exchange(before, ",");
      append_json_text(out, key);
      out += ':';
      append_json(out, item);
    }
    if (*before == '{') out += before;
    out += '}';
  } else {
    append_json_list(out, map);
  }
}

template <class T>
void append_json_number(std::string& out, T value) {
  if constexpr (std::is_floating_point_v<T>) {
    if (!std::isfinite(value)) {
      out += "null";
      return;
    }
  }
  char text[64];
  out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

inline void append_json_bytes(std::string& out, ByteView bytes) {
  out += "{\"$bytes\":\"";
  append_base64(out, bytes);
  out += "\"}";
}

inline void append_json_link(std::string& out, const Cid& cid) {
  ((out += "{\"$link\":\"") += cid.text()) += "\"}";
}

inline void append_json_value(std::string& out, const Value& value) {
  const char* before = "";
  switch (value.type()) {
    case Value::Type::null: out += "null"; return;
    case Value::Type::boolean: out += *value.boolean() ? "true" : "false"; return;
    case Value::Type::integer:
      if (const auto number = value.unsigned_integer()) return append_json_number(out, *number);
      return append_json_number(out, *value.integer());
    case Value::Type::text: return append_json_text(out, value.text().value_or("\xFF"));
    case Value::Type::bytes: return append_json_bytes(out, *value.bytes());
    case Value::Type::link: return append_json_link(out, *value.link());
    case Value::Type::array:
      out += '[';
      value.for_each_item([&](const Value& item) {
        out += std::exchange(before, ",");
        append_json_value(out, item);
      });
      out += ']';
      return;
    case Value::Type::object:
      out += '{';
      value.for_each_field([&](std::string_view name, const Value& field) {
        out += std::exchange(before, ",");
        append_json_text(out, name);
        out += ':';
        append_json_value(out, field);
      });
      out += '}';
  }
}

inline void append_json_blob(std::string& out, const Blob& blob) {
  if (!blob.size) {
    ((out += "{\"cid\":\"") += blob.ref.text()) += "\",\"mimeType\":";
    append_json_text(out, blob.mime_type);
  } else {
    out += "{\"$type\":\"blob\",\"ref\":";
    append_json_link(out, blob.ref);
    out += ",\"mimeType\":";
    append_json_text(out, blob.mime_type);
    out += ",\"size\":";
    append_json_number(out, *blob.size);
  }
  out += '}';
}

template <class T>
void append_json(std::string& out, const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (std::is_arithmetic_v<T>) {
    append_json_number(out, value);
  } else if constexpr (std::is_enum_v<T>) {
    append_json_number(out, static_cast<std::underlying_type_t<T>>(value));
  } else if constexpr (JsonText<T>) {
    append_json_text(out, value);
  } else if constexpr (std::is_same_v<T, Tid> || std::is_same_v<T, Cid>) {
    append_json_text(out, value.text());
  } else if constexpr (std::is_same_v<T, Datetime>) {
    append_json_text(out, value.text);
  } else if constexpr (std::is_same_v<T, Time>) {
    append_json_text(out, to_text(value));
  } else if constexpr (std::is_same_v<T, Bytes> || std::is_same_v<T, ByteView>) {
    append_json_bytes(out, value);
  } else if constexpr (std::is_same_v<T, Value>) {
    append_json_value(out, value);
  } else if constexpr (std::is_same_v<T, Record>) {
    append_json_value(out, value.value());
  } else if constexpr (std::is_same_v<T, Blob>) {
    append_json_blob(out, value);
  } else if constexpr (is_json_optional<T>) {
    if (value) append_json(out, *value);
    if (!value) out += "null";
  } else if constexpr (is_json_list<T>) {
    append_json_list(out, value);
  } else if constexpr (is_json_map<T>) {
    append_json_map(out, value);
  } else if constexpr (is_json_tuple<T>) {
    out += '[';
    const char* before = "";
    std::apply(
        [&](const auto&... parts) {
          ((out += std::exchange(before, ","), append_json(out, parts)), ...);
        },
        value);
    out += ']';
  } else {
    static_assert(HasFields<JsonFields, T>,
                  "refold: this type has no JSON form; see the table in refold/json.hpp, or give "
                  "it a serialize() with REFOLD_FIELD for each field");
    JsonFields fields(out);
    out += '{';
    walk_fields(fields, const_cast<T&>(value));  // serialize() is one function for both directions
    out += '}';
  }
}

}  // namespace refold::detail

namespace refold {

/// As JSON text (see the table above).
template <class T>
[[nodiscard]] std::string to_json(const T& value) {
  std::string out;
  detail::append_json(out, value);
  return out;
}

}  // namespace refold
