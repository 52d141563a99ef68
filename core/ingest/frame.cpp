#include "core/ingest/frame.h"

#include "core/atproto/cbor_reader.h"

namespace refold::ingest {
namespace {

using atproto::cbor::Item;
using atproto::cbor::Reader;
using atproto::cbor::Type;

constexpr std::uint32_t frame_depth_max = 16;

/// Whether an item of this type starts with this byte.
bool is_head_of(Type type, std::uint8_t head) noexcept {
  switch (type) {
    case Type::unsigned_integer: return head >> 5 == 0;
    case Type::negative_integer: return head >> 5 == 1;
    case Type::bytes: return head >> 5 == 2;
    case Type::text: return head >> 5 == 3;
    case Type::array: return head >> 5 == 4;
    case Type::map: return head >> 5 == 5;
    case Type::link: return head >> 5 == 6;
    case Type::boolean: return head == 0xf4 || head == 0xf5;
    case Type::null: return head == 0xf6;
  }
  return false;
}

/// Reads the values of a map's fields: one of the wrong type is noted and passed over, so that the
/// rest can still be read. What the reader itself refuses ends everything.
class Fields {
 public:
  Fields(Reader& reader, Frame& frame) : reader_(reader), frame_(frame) {}

  void text(std::string_view key, std::string_view& to) {
    if (take(key, Type::text)) to = item_.text();
  }
  void optional_text(std::string_view key, std::string_view& to) {
    if (take(key, Type::text, Type::null) && item_.type == Type::text) to = item_.text();
  }
  void link(std::string_view key, std::optional<atproto::Cid>& to) {
    if (take(key, Type::link, Type::null) && item_.type == Type::link) to = item_.link();
  }
  void boolean(std::string_view key, std::optional<bool>& to) {
    if (take(key, Type::boolean)) to = item_.value == 1;
  }
  void number(std::string_view key, std::optional<std::uint64_t>& to) {
    if (take(key, Type::unsigned_integer)) to = item_.value;
  }
  void bytes(std::string_view key, std::optional<ByteView>& to) {
    if (take(key, Type::bytes)) to = item_.view;
  }
  void operations(std::string_view key) {
    if (!take(key, Type::array)) return;
    // Never more than the bytes that follow: the reader has checked it.
    const std::uint64_t count = item_.value;
    frame_.operations.reserve(std::min<std::uint64_t>(count, commit_operations_max));
    for (std::uint64_t at = 0; at < count && !reader_.failed(); ++at) operation(at);
  }

 private:
  /// Reads the value; false if it has none of the types.
  bool take(std::string_view key, Type type, std::optional<Type> other = std::nullopt) {
    const ByteView rest = reader_.rest();
    const bool fits =
        !rest.empty() && (is_head_of(type, rest[0]) || (other && is_head_of(*other, rest[0])));
    if (fits || rest.empty()) return reader_.next(item_);
    if (frame_.wrong_field.empty()) frame_.wrong_field = key;
    reader_.skip();
    return false;
  }

  void operation(std::uint64_t at) {
    Frame::Operation operation;
    Item item;
    if (!take("ops", Type::map)) return;
    for (std::uint64_t left = item_.value; left > 0; --left) {
      if (!reader_.next(item)) return;
      const std::string_view key = item.text();
      if (key == "action") {
        text(key, operation.action);
      } else if (key == "path") {
        text(key, operation.path);
      } else if (key == "cid") {
        link(key, operation.cid);
      } else if (key == "prev") {
        link(key, operation.prev);
      } else {
        reader_.skip();
      }
    }
    if (at < commit_operations_max)
      frame_.operations.push_back(operation);
    else if (frame_.wrong_field.empty())
      frame_.wrong_field = "ops";
  }

  Reader& reader_;
  Frame& frame_;
  Item item_;
};

Frame::Type type_of(std::string_view name) noexcept {
  if (name == "#commit") return Frame::Type::commit;
  if (name == "#sync") return Frame::Type::sync;
  if (name == "#identity") return Frame::Type::identity;
  if (name == "#account") return Frame::Type::account;
  if (name == "#info") return Frame::Type::info;
  return Frame::Type::unknown;
}

/// `{op: 1, t: "#commit"}` or `{op: -1}`. False if it is neither that nor another operation.
bool read_header(Reader& reader, Frame& frame) {
  Item item;
  if (!reader.next(item) || item.type != Type::map) return false;
  std::optional<std::int64_t> op;
  for (std::uint64_t left = item.value; left > 0; --left) {
    if (!reader.next(item)) return false;
    const std::string_view key = item.text();
    if (key == "op") {
      if (!reader.next(item)) return false;
      const bool positive = item.type == Type::unsigned_integer && item.value < 1U << 31;
      if (!positive && item.type != Type::negative_integer) return false;
      op = item.signed_value();
    } else if (key == "t") {
      if (!reader.next(item) || item.type != Type::text) return false;
      frame.type_name = item.text();
    } else if (!reader.skip()) {
      return false;
    }
  }
  if (!op) return false;
  if (*op == -1) {
    frame.type = Frame::Type::error;
  } else if (*op == 1) {
    frame.type = type_of(frame.type_name);
    return !frame.type_name.empty();
  }
  return true;
}

void read_field(std::string_view key, Reader& reader, Fields& fields, Frame& frame) {
  std::optional<bool> flag;
  if (key == "seq") {
    fields.number(key, frame.seq);
  } else if (key == "repo" || key == "did") {
    fields.text(key, frame.did);
  } else if (key == "rev") {
    fields.text(key, frame.rev);
  } else if (key == "time") {
    fields.text(key, frame.time);
  } else if (key == "since") {
    fields.optional_text(key, frame.since);
  } else if (key == "commit") {
    fields.link(key, frame.commit);
  } else if (key == "prevData") {
    fields.link(key, frame.prev_data);
  } else if (key == "blocks") {
    fields.bytes(key, frame.blocks);
  } else if (key == "ops") {
    fields.operations(key);
  } else if (key == "tooBig") {
    fields.boolean(key, flag);
    frame.too_big = flag.value_or(false);
  } else if (key == "handle") {
    fields.optional_text(key, frame.handle);
  } else if (key == "active") {
    fields.boolean(key, frame.active);
  } else if (key == "status") {
    fields.optional_text(key, frame.status);
  } else if (key == "name" || key == "error") {
    fields.text(key, frame.name);
  } else if (key == "message") {
    fields.optional_text(key, frame.message);
  } else {
    reader.skip();
  }
}

void clear(Frame& frame) {
  auto operations = std::move(frame.operations);
  operations.clear();
  frame = {};
  frame.operations = std::move(operations);
}

}  // namespace

bool read_frame(ByteView message, Frame& frame, std::string& reason) {
  clear(frame);
  if (message.size() > frame_bytes_max) {
    reason = "the frame has " + std::to_string(message.size()) + " bytes; at most " +
             std::to_string(frame_bytes_max) + " are read";
    return false;
  }
  Reader header(message, {.bytes_max = frame_bytes_max, .depth_max = frame_depth_max});
  if (!read_header(header, frame)) {
    reason = header.failed() ? "the frame's header: " + header.error().message
                             : "the frame's header is not {op, t}";
    return false;
  }
  Reader reader(header.rest(), {.bytes_max = frame_bytes_max});
  Fields fields(reader, frame);
  Item item;
  if (reader.next(item) && item.type != Type::map) {
    reason = "the frame's body is not a map";
    return false;
  }
  for (std::uint64_t left = item.value; left > 0 && !reader.failed(); --left) {
    if (!reader.next(item)) break;
    read_field(item.text(), reader, fields, frame);
  }
  if (reader.failed()) {
    reason = "the frame's body: " + reader.error().message;
    return false;
  }
  if (!reader.rest().empty()) {
    reason = std::to_string(reader.rest().size()) + " more bytes follow the frame's body";
    return false;
  }
  return true;
}

}  // namespace refold::ingest
