#pragma once

#include <array>
#include <bit>
#include <cereal/cereal.hpp>
#include <cereal/types/array.hpp>
#include <cereal/types/chrono.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/set.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/tuple.hpp>
#include <cereal/types/utility.hpp>
#include <cereal/types/vector.hpp>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <type_traits>

#include "refold/bytes.hpp"

/// Rows as bytes: two cereal archives. A row may hold arithmetic types, enums, texts, vector,
/// array, set, map, optional, pair, tuple, and structs of these with a serialize(). The form is the
/// same on every machine:
///
///   integers, enums          little-endian, in the width of the type
///   floating point           as IEEE 754, little-endian
///   bool                     00 or 01
///   text, Bytes, vector,     the number of items: 7 bits in a byte, the lowest first, with the
///     set, map               first bit set in all but the last; then the items
///   std::optional            01 for nothing; or 00 and the value
///   array, pair, tuple,      what is in it, in its order
///     struct
namespace refold::detail {

static_assert(std::endian::native == std::endian::little, "rows are written as they lie in memory");

/// These bytes are no such row.
class BadRow : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class RowWriter : public cereal::OutputArchive<RowWriter, cereal::AllowEmptyClassElision> {
 public:
  explicit RowWriter(Buffer& out) : OutputArchive(this), out_(out) {}

  void raw(const void* data, std::size_t size) {
    if (size > 0) std::memcpy(out_.extend(size), data, size);
  }
  void count(std::uint64_t count) {
    for (; count >= 0x80; count >>= 7) out_.push(static_cast<std::uint8_t>(count | 0x80));
    out_.push(static_cast<std::uint8_t>(count));
  }

 private:
  Buffer& out_;
};

class RowReader : public cereal::InputArchive<RowReader, cereal::AllowEmptyClassElision> {
 public:
  explicit RowReader(ByteView in) : InputArchive(this), in_(in) {}

  void raw(void* data, std::size_t size) {
    if (size > in_.size()) throw BadRow("it ends too soon");
    if (size > 0) std::memcpy(data, in_.data(), size);
    in_ = in_.subspan(size);
  }
  /// Each item takes a byte at least, so a count that lies does not take any memory.
  std::uint64_t count() {
    std::uint64_t count = 0;
    for (unsigned shift = 0; shift < 63; shift += 7) {
      std::uint8_t byte = 0;
      raw(&byte, 1);
      count |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) {
        if (count > in_.size()) break;
        return count;
      }
    }
    throw BadRow("it counts more items than it has");
  }
  void expect_end() const {
    if (!in_.empty()) throw BadRow("bytes are left over");
  }

 private:
  ByteView in_;
};

template <class T>
requires std::is_arithmetic_v<T>
void CEREAL_SAVE_FUNCTION_NAME(RowWriter& archive, const T& value) {
  archive.raw(&value, sizeof value);
}
template <class T>
requires std::is_arithmetic_v<T>
void CEREAL_LOAD_FUNCTION_NAME(RowReader& archive, T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    std::uint8_t byte = 0;
    archive.raw(&byte, 1);
    if (byte > 1) throw BadRow("it has a bool that is neither true nor false");
    value = byte == 1;
  } else {
    archive.raw(&value, sizeof value);
  }
}

template <class T>
void CEREAL_SAVE_FUNCTION_NAME(RowWriter& archive, const cereal::BinaryData<T>& data) {
  archive.raw(data.data, static_cast<std::size_t>(data.size));
}
template <class T>
void CEREAL_LOAD_FUNCTION_NAME(RowReader& archive, cereal::BinaryData<T>& data) {
  archive.raw(data.data, static_cast<std::size_t>(data.size));
}

template <class T>
void CEREAL_SERIALIZE_FUNCTION_NAME(RowWriter& archive, cereal::NameValuePair<T>& field) {
  archive(field.value);
}
template <class T>
void CEREAL_SERIALIZE_FUNCTION_NAME(RowReader& archive, cereal::NameValuePair<T>& field) {
  archive(field.value);
}

template <class T>
void CEREAL_SERIALIZE_FUNCTION_NAME(RowWriter& archive, cereal::SizeTag<T>& tag) {
  archive.count(tag.size);
}
template <class T>
void CEREAL_SERIALIZE_FUNCTION_NAME(RowReader& archive, cereal::SizeTag<T>& tag) {
  tag.size = static_cast<std::remove_cvref_t<decltype(tag.size)>>(archive.count());
}

/// Numbers and texts without the detour through an archive, in the same form.
template <class Row>
void write_row(Buffer& out, const Row& row) {
  if constexpr (std::is_arithmetic_v<Row>) {
    std::memcpy(out.extend(sizeof row), &row, sizeof row);
  } else {
    RowWriter archive(out);
    archive(row);
  }
}

/// Throws BadRow, or what cereal throws.
template <class Row>
void read_row(ByteView bytes, Row& row) {
  if constexpr (std::is_arithmetic_v<Row> && !std::is_same_v<Row, bool>) {
    if (bytes.size() != sizeof row) throw BadRow("it is of another size");
    std::memcpy(&row, bytes.data(), sizeof row);
  } else {
    RowReader archive(bytes);
    archive(row);
    archive.expect_end();
  }
}

}  // namespace refold::detail

CEREAL_SETUP_ARCHIVE_TRAITS(refold::detail::RowReader, refold::detail::RowWriter)
