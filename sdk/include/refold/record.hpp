#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "refold/detail/cbor.hpp"
#include "refold/detail/fields.hpp"
#include "refold/types.hpp"

/// Records as structs: a struct names the fields that it wants (detail/fields.hpp), and a record is
/// one if it has them.
///
///   C++                            in the record
///   bool; an integer type          the same; an integer within the type's range
///   std::string, std::string_view  text
///   Bytes, ByteView                bytes
///   Did, Nsid, Handle, AtUri, ...  a text that is one
///   Tid; Datetime                  a text that is one; any text
///   Cid                            a link
///   Blob, StrongRef                the same; a Blob in its old form too
///   std::optional<T>               a T; missing or null: nothing
///   std::vector<T>                 an array of T
///   std::map<std::string, T>       an object, all of whose fields are T
///   a struct with serialize()      an object with at least the fields that it names
///   Union<A, B>                    an object, by its `$type`
///   Value                          anything
///
/// What a record has beside the named fields is passed over. If a field that is no std::optional is
/// missing, or one that is there is not of its type (in an optional too), the record is none of
/// these, as if it were not there: the same for `record` and `previous`, so that what was never
/// added is never taken back. The same goes for one whose vectors and maps have more than 100,000
/// items in all. Views (std::string_view, ByteView, Value, Unknown) live as long as
/// the record's bytes: until apply() returns.
///
/// If the struct has a constant `type`, a record of another `$type` is none either.
namespace refold::detail {

template <class T>
concept Typed = requires {
  { T::type } -> std::convertible_to<std::string_view>;
};

/// Decodes one value. Stops at the first fault, and then tells which.
class RecordReader : public FieldWalker<RecordReader> {
 public:
  explicit RecordReader(ByteView record) noexcept : cursor_(record) {}

  /// Reads one value, at `depth` maps and arrays.
  template <class T>
  bool read(T& value, unsigned depth = 0);

  /// What serialize() calls.
  template <class T>
  void field(const char* name, T& value);

  /// The field at fault, and what is wrong with it. Texts that live for ever.
  [[nodiscard]] std::string_view fault_field() const noexcept { return fault_field_; }
  [[nodiscard]] std::string_view fault() const noexcept { return fault_; }
  /// The record is of another type: no fault of anybody.
  [[nodiscard]] bool other_type() const noexcept { return other_type_; }

 private:
  using Found = cbor::MapReader::Found;

  bool fail(std::string_view fault) noexcept {
    if (fault_.empty()) fault_ = fault;
    return false;
  }
  bool read_text(std::string_view& text) noexcept {
    return cbor::read_text(cursor_, text) || fail("is no text");
  }
  /// An item takes more memory than bytes of the record.
  bool count_item() noexcept { return items_left_-- > 0 || fail("has too many items"); }
  bool read_null() noexcept {
    if (cursor_.left() == 0 || *cursor_.at != 0xF6) return false;
    ++cursor_.at;
    return true;
  }
  template <class T>
  bool read_integer(T& value) noexcept;
  template <class T>
  bool read_struct(T& value, unsigned depth);
  template <class T>
  bool read_items(std::vector<T>& items, unsigned depth);
  template <class T>
  bool read_map(std::map<std::string, T>& map, unsigned depth);
  bool read_blob(Blob& blob, unsigned depth);
  template <class... Arms>
  bool read_union(Union<Arms...>& value, unsigned depth);
  template <class Arm, class... Arms>
  bool read_arm(std::string_view type, Union<Arms...>& value, unsigned depth, bool& read);
  /// The `$type` of the object that is next, which is not passed over.
  bool peek_type(std::string_view& type, unsigned depth) noexcept;

  cbor::Cursor cursor_;
  cbor::MapReader* map_ = nullptr;  // the object whose fields are being read
  unsigned depth_ = 0;              // of the values in it
  std::int64_t items_left_ = 100'000;
  bool failed_ = false;
  bool other_type_ = false;
  std::string_view fault_;
  std::string_view fault_field_;
};

}  // namespace refold::detail

#include "refold/detail/record_reader.hpp"  // IWYU pragma: export

namespace refold {

template <class T>
std::optional<T> Value::as() const {
  T value{};
  detail::RecordReader reader(encoded_);
  if (!reader.read(value)) return std::nullopt;
  return value;
}

}  // namespace refold
