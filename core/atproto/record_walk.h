#pragma once

#include <string>
#include <utility>

#include "core/atproto/cbor.h"
#include "core/atproto/object_rules.h"
#include "core/base/result.h"

namespace refold::atproto {

/// Goes through a record in DAG-CBOR once, checks its encoding and the rules of the data model, and
/// tells a sink what it meets. Recursion is bounded by cbor::depth_max.
///
/// A Sink has: open(cbor::Type), close(cbor::Type), entry(bool first) before each item of an array,
/// key(std::string_view, bool first) before each value of a map, scalar(const cbor::Item&).
template <class Sink>
class RecordWalk {
 public:
  RecordWalk(ByteView record, Sink& sink) noexcept
      : record_(record), reader_(record), sink_(sink) {}

  /// Errors: those of cbor::validate; `invalid` with the byte where the object starts and its rule.
  [[nodiscard]] Result<void> run() {
    if (record_.size() > record_bytes_max) {
      return Error{Errc::too_large, "the record has " + std::to_string(record_.size()) +
                                        " bytes; the limit is " + std::to_string(record_bytes_max)};
    }
    cbor::Item item;
    if (reader_.next(item) && item.type != cbor::Type::map) {
      return Error{Errc::invalid, "byte 0: a record must be a map"};
    }
    if (reader_.failed() || !map(item.value, 0)) {
      if (reader_.failed()) return reader_.error();
      return Error{Errc::invalid, "byte " + std::to_string(broken_at_) + ": " + broken_};
    }
    if (!reader_.rest().empty()) {
      return Error{Errc::invalid, "byte " + std::to_string(reader_.offset()) + ": " +
                                      std::to_string(reader_.rest().size()) +
                                      " more bytes follow the record"};
    }
    return ok();
  }

 private:
  bool map(std::uint64_t count, std::size_t offset) {
    ObjectRules rules;
    cbor::Item key;
    cbor::Item item;
    sink_.open(cbor::Type::map);
    for (std::uint64_t i = 0; i < count; ++i) {
      if (!reader_.next(key)) return false;
      sink_.key(key.text(), i == 0);
      const std::size_t item_offset = reader_.offset();
      if (!reader_.next(item)) return false;
      rules.note(key.text(), kind_of(item), item.text());
      if (!value(item, item_offset)) return false;
    }
    sink_.close(cbor::Type::map);
    broken_ = rules.broken();
    broken_at_ = offset;
    return broken_ == nullptr;
  }

  bool array(std::uint64_t count) {
    cbor::Item item;
    sink_.open(cbor::Type::array);
    for (std::uint64_t i = 0; i < count; ++i) {
      sink_.entry(i == 0);
      const std::size_t item_offset = reader_.offset();
      if (!reader_.next(item) || !value(item, item_offset)) return false;
    }
    sink_.close(cbor::Type::array);
    return true;
  }

  bool value(const cbor::Item& item, std::size_t offset) {
    if (item.type == cbor::Type::map) return map(item.value, offset);
    if (item.type == cbor::Type::array) return array(item.value);
    sink_.scalar(item);
    return true;
  }

  static ObjectRules::Kind kind_of(const cbor::Item& item) noexcept {
    switch (item.type) {
      case cbor::Type::text: return ObjectRules::Kind::text;
      case cbor::Type::link: return ObjectRules::Kind::link;
      case cbor::Type::unsigned_integer:
      case cbor::Type::negative_integer: return ObjectRules::Kind::integer;
      default: return ObjectRules::Kind::other;
    }
  }

  ByteView record_;
  cbor::Reader reader_;
  Sink& sink_;
  const char* broken_ = nullptr;
  std::size_t broken_at_ = 0;
};

}  // namespace refold::atproto
