#include "core/atproto/cbor.h"
#include "core/atproto/quote.h"

namespace refold::atproto::cbor {
namespace {

std::string hex_byte(std::uint64_t byte) {
  const auto value = static_cast<std::uint8_t>(byte);
  return "0x" + hex(ByteView{&value, 1});
}

/// The rule as a sentence. `detail` is what Reader::fail was given; `from` the bytes of the item.
std::string sentence(Rule rule, std::uint64_t detail, ByteView from, std::string_view item_text) {
  const std::string number = std::to_string(detail);
  switch (rule) {
    case Rule::none: break;
    case Rule::size: return "the value goes on beyond the limit of " + number + " bytes";
    case Rule::truncated:
      return "the input ends inside the value (at least " + number + " more bytes are needed)";
    case Rule::shortest_form: {
      const bool is_length = from[0] >> 5 >= 2;
      return std::string(is_length ? "length or tag " : "integer ") + number +
             " is not in its shortest form";
    }
    case Rule::indefinite_length:
      return "indefinite length (" + hex_byte(detail) + ") is not allowed";
    case Rule::reserved_head: return "head " + hex_byte(detail) + " is reserved";
    case Rule::below_int64: return "integer -1-" + number + " is below -2^63";
    case Rule::float_value: return "floating point numbers are not allowed";
    case Rule::simple_value:
      return "simple value " + number + (detail == 23 ? " (undefined)" : "") +
             " is not allowed; only false, true and null are";
    case Rule::tag: return "tag " + number + " is not allowed; only 42 (a link) is";
    case Rule::link:
      return "the link is not a zero byte and a CID of version 1, dag-cbor or raw, SHA-256";
    case Rule::utf8: return "text " + quoted(item_text) + " is not valid UTF-8";
    case Rule::key_type: return "a map key must be a text (found head " + hex_byte(detail) + ")";
    case Rule::key_order:
      return "key " + quoted(item_text) + " is out of order (shorter first, then bytewise)";
    case Rule::key_repeated: return "key " + quoted(item_text) + " occurs twice";
    case Rule::depth: return "nested deeper than " + number + " levels";
    case Rule::trailing: return number + " more bytes follow the value";
  }
  return "no rule is broken";
}

}  // namespace

Error Reader::error() const {
  const auto start = static_cast<std::size_t>(item_at_ - input_.data());
  const ByteView from = input_.subspan(start);
  // Only the rules about a text use this, and they are checked after the text was read.
  const bool about_text =
      rule_ == Rule::utf8 || rule_ == Rule::key_order || rule_ == Rule::key_repeated;
  std::string_view item_text;
  if (about_text) {
    constexpr std::size_t head_bytes[4] = {2, 3, 5, 9};
    const std::uint8_t info = from[0] & 31;
    const std::size_t head = info < 24 ? 1 : head_bytes[info - 24];
    item_text = text_of(from.first(static_cast<std::size_t>(at_ - item_at_)).subspan(head));
  }
  const Errc code = rule_ == Rule::size || rule_ == Rule::depth ? Errc::too_large : Errc::invalid;
  return {code, "byte " + std::to_string(start) + ": " + sentence(rule_, detail_, from, item_text)};
}

Result<void> validate(ByteView bytes, Limits limits) {
  if (bytes.size() > limits.bytes_max) {
    return Error{Errc::too_large, "the value has " + std::to_string(bytes.size()) +
                                      " bytes; the limit is " + std::to_string(limits.bytes_max)};
  }
  Reader reader(bytes, limits);
  Item item;
  while (reader.next(item)) {
  }
  if (reader.failed()) return reader.error();
  if (!reader.rest().empty()) {
    return Error{Errc::invalid, "byte " + std::to_string(reader.offset()) + ": " +
                                    sentence(Rule::trailing, reader.rest().size(), {}, {})};
  }
  return ok();
}

}  // namespace refold::atproto::cbor
