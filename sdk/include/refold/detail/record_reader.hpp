#pragma once

// The functions of RecordReader; include refold/record.hpp.
#include "refold/record.hpp"

namespace refold::detail {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;
template <class T>
inline constexpr bool is_text_map = false;
template <class T>
inline constexpr bool is_text_map<std::map<std::string, T>> = true;
template <class T>
inline constexpr bool is_union = false;
template <class... Arms>
inline constexpr bool is_union<Union<Arms...>> = true;
template <class T>
concept SomeName = std::derived_from<T, Name<T>>;

template <class T>
bool RecordReader::read(T& value, unsigned depth) {
  std::string_view text;
  cbor::Head head;
  if constexpr (std::is_same_v<T, bool>) {
    if (!cbor::read_head(cursor_, head) || head.major != cbor::Major::simple ||
        head.argument == cbor::simple_null) {
      return fail("is no bool");
    }
    value = head.argument == cbor::simple_true;
    return true;
  } else if constexpr (std::is_integral_v<T>) {
    return read_integer(value);
  } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>) {
    if (!read_text(text)) return false;
    value = text;
    return true;
  } else if constexpr (std::is_same_v<T, Bytes> || std::is_same_v<T, ByteView>) {
    if (!cbor::read_head(cursor_, head) || head.major != cbor::Major::bytes) {
      return fail("is no byte string");
    }
    const ByteView bytes = cbor::take(cursor_, head);
    value = T(bytes.begin(), bytes.end());
    return true;
  } else if constexpr (SomeName<T>) {
    if (!cbor::read_key(cursor_, text)) return fail("is no text");  // ASCII, if it is valid
    if (!T::valid(text)) return fail("does not have the syntax of its type");
    value = T::unchecked(text);
    return true;
  } else if constexpr (std::is_same_v<T, Tid>) {
    if (!read_text(text)) return false;
    const auto tid = Tid::parse(text);
    if (tid) value = *tid;
    return tid || fail("is no TID");
  } else if constexpr (std::is_same_v<T, Datetime>) {
    if (!read_text(text)) return false;
    value.text = text;
    return true;
  } else if constexpr (std::is_same_v<T, Cid>) {
    ByteView cid;
    if (!cbor::read_head(cursor_, head) || head.major != cbor::Major::tag ||
        !cbor::read_link(cursor_, cid)) {
      return fail("is no link");
    }
    value = *Cid::from_bytes(cid);
    return true;
  } else if constexpr (std::is_same_v<T, Value>) {
    const std::uint8_t* const from = cursor_.at;
    if (!cbor::skip(cursor_, depth)) return fail("is not DAG-CBOR");
    value = Value::unchecked({from, cursor_.at});
    return true;
  } else if constexpr (std::is_same_v<T, Blob>) {
    return read_blob(value, depth);
  } else if constexpr (is_optional<T>) {
    value.reset();
    return read_null() || read(value.emplace(), depth);
  } else if constexpr (is_vector<T>) {
    return read_items(value, depth);
  } else if constexpr (is_text_map<T>) {
    return read_map(value, depth);
  } else if constexpr (is_union<T>) {
    return read_union(value, depth);
  } else {
    static_assert(HasFields<RecordReader, T>,
                  "refold: this type cannot be decoded; see the table in refold/record.hpp, or "
                  "give it a serialize() with REFOLD_FIELD for each field");
    return read_struct(value, depth);
  }
}

template <class T>
bool RecordReader::read_integer(T& value) noexcept {
  cbor::Head head;
  if (!cbor::read_head(cursor_, head)) return fail("is no integer");
  if (head.major == cbor::Major::unsigned_integer) {
    value = static_cast<T>(head.argument);
    return std::in_range<T>(head.argument) || fail("is out of range");
  }
  if (head.major != cbor::Major::negative_integer) return fail("is no integer");
  const std::int64_t negative = -1 - static_cast<std::int64_t>(head.argument);
  value = static_cast<T>(negative);
  return std::in_range<T>(negative) || fail("is out of range");
}

template <class T>
void RecordReader::field(const char* name, T& value) {
  static_assert(!std::is_floating_point_v<T>, "refold: records have no floating point numbers");
  if (failed_) return;
  const std::string_view wanted = name == nullptr ? "?" : name;
  const Found found = name == nullptr ? Found::malformed : map_->find(wanted, cursor_.at);
  if (found == Found::yes) {
    failed_ = !read(value, depth_);
    if (!failed_) map_->put(cursor_.at);
  } else if (found == Found::malformed) {
    failed_ = true;
    fail(name == nullptr ? "has no name: write REFOLD_FIELD(it)" : "is in what is not DAG-CBOR");
  } else if constexpr (is_optional<T>) {
    value.reset();
  } else {
    failed_ = true;
    fail("is missing");
  }
  if (failed_ && fault_field_.empty()) fault_field_ = wanted;
}

template <class T>
bool RecordReader::read_struct(T& value, unsigned depth) {
  if constexpr (Typed<T>) {
    std::string_view type;
    if (depth == 0 && peek_type(type, depth) && type != std::string_view(T::type)) {
      other_type_ = true;
      return fail("is of another type");
    }
  }
  cbor::MapReader map;
  if (!map.open(cursor_, depth)) return fail("is no object");
  cbor::MapReader* const outer_map = std::exchange(map_, &map);
  const unsigned outer_depth = std::exchange(depth_, depth + 1);
  walk_fields(*this, value);
  map_ = outer_map;
  depth_ = outer_depth;
  if (failed_) return false;
  if (depth == 0) return true;  // nobody reads what is behind it
  return map.close(cursor_.at) || fail("is not DAG-CBOR");
}

template <class T>
bool RecordReader::read_items(std::vector<T>& items, unsigned depth) {
  items.clear();
  cbor::Head head;
  if (!cbor::read_head(cursor_, head) || head.major != cbor::Major::array ||
      depth >= cbor::depth_max) {
    return fail("is no array");
  }
  for (std::uint64_t left = head.argument; left > 0; --left) {
    T item{};
    if (!count_item() || !read(item, depth + 1)) return false;
    items.push_back(std::move(item));
  }
  return true;
}

template <class T>
bool RecordReader::read_map(std::map<std::string, T>& map, unsigned depth) {
  map.clear();
  cbor::Head head;
  if (!cbor::read_head(cursor_, head) || head.major != cbor::Major::map ||
      depth >= cbor::depth_max) {
    return fail("is no object");
  }
  std::string_view last;
  for (std::uint64_t i = 0; i < head.argument; ++i) {
    std::string_view key;
    if (!read_text(key)) return false;
    if (i > 0 && cbor::compare_keys(last, key) >= 0) return fail("is not DAG-CBOR");
    last = key;
    T item{};
    if (!count_item() || !read(item, depth + 1)) return false;
    map.emplace(key, std::move(item));
  }
  return true;
}

inline bool RecordReader::peek_type(std::string_view& type, unsigned depth) noexcept {
  cbor::Cursor at = cursor_;
  cbor::MapReader map;
  return map.open(at, depth) && map.find("$type", at.at) == Found::yes && cbor::read_text(at, type);
}

/// The two forms of a blob: with `ref`, and the old one with `cid`.
struct NewBlob {
  Cid ref;
  std::string_view mime_type;
  std::uint64_t size = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(ref), REFOLD_FIELD(size), REFOLD_NAMED("mimeType", mime_type));
  }
};
struct OldBlob {
  std::string_view cid;
  std::string_view mime_type;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(cid), REFOLD_NAMED("mimeType", mime_type));
  }
};

inline bool RecordReader::read_blob(Blob& blob, unsigned depth) {
  std::string_view type;
  if (peek_type(type, depth)) {
    NewBlob found;
    if (type != "blob") return fail("is no blob");
    if (!read_struct(found, depth)) return false;
    blob = {found.ref, std::string(found.mime_type), found.size};
    return true;
  }
  OldBlob found;
  if (!read_struct(found, depth)) return false;
  const auto cid = Cid::parse(found.cid);
  if (!cid) return fail("is no blob");
  blob = {*cid, std::string(found.mime_type), std::nullopt};
  return true;
}

/// Whether `type` is this arm's; `read` then says whether the value is one.
template <class Arm, class... Arms>
bool RecordReader::read_arm(std::string_view type, Union<Arms...>& value, unsigned depth,
                            bool& read) {
  static_assert(Typed<Arm>, "refold: an arm of a Union says its `$type` in a constant `type`");
  if (type != std::string_view(Arm::type)) return false;
  Arm arm{};
  read = read_struct(arm, depth);
  if (read) value = Union<Arms...>(typename Union<Arms...>::Variant(std::move(arm)));
  return true;
}

template <class... Arms>
bool RecordReader::read_union(Union<Arms...>& value, unsigned depth) {
  std::string_view type;
  bool is_read = false;
  if (!peek_type(type, depth)) return fail("has no $type");
  if ((read_arm<Arms>(type, value, depth, is_read) || ...)) return is_read;
  Unknown unknown{type, {}};
  if (!read(unknown.value, depth)) return false;
  value = Union<Arms...>(typename Union<Arms...>::Variant(unknown));
  return true;
}

}  // namespace refold::detail
