#include <cstring>

#include "core/atproto/base32.h"
#include "core/atproto/cid.h"
#include "core/atproto/datetime.h"
#include "core/atproto/tid.h"
#include "core/base/wire.h"
#include "core/log/codec/shape.h"

namespace refold::log::codec {
namespace {

// DAG-CBOR major types (RFC 8949, 3.1).
enum Major : std::uint8_t {
  positive,
  negative,
  byte_string,
  text_string,
  array,
  mapping,
  tag,
  simple
};

constexpr unsigned depth_max = 64;
constexpr std::size_t array_items_max = 64;
constexpr std::string_view plc_prefix = "did:plc:";
constexpr std::string_view uri_prefix = "at://";

bool read_did(std::string_view text, Slot& slot) {
  slot.op = Op::did;
  return text.size() >= did_plc_length && text.starts_with(plc_prefix) &&
         atproto::read_plc(text.data() + plc_prefix.size(), slot.binary.data());
}

/// at://did:plc:.../collection/TID, the parts that are slots.
struct TidUri {
  Slot did{Op::did};
  Slot tid{Op::tid};
};

bool read_tid_uri(std::string_view text, TidUri& uri) {
  constexpr std::size_t fixed = 5 + did_plc_length + 1 + 1 + atproto::tid_text_length;
  if (text.size() < fixed || !text.starts_with(uri_prefix)) return false;
  if (text[5 + did_plc_length] != '/' || text[text.size() - 14] != '/') return false;
  if (!read_did(text.substr(5, did_plc_length), uri.did)) return false;
  const auto tid = atproto::parse_tid(text.substr(text.size() - 13));
  if (tid) uri.tid.number = tid->value;
  return tid.has_value();
}

}  // namespace

std::optional<Parser::Item> Parser::head_at(std::size_t at) const noexcept {
  if (at >= payload_.size()) return std::nullopt;
  const std::uint8_t first = payload_[at];
  const unsigned info = first & 31;
  Item item{static_cast<std::uint8_t>(first >> 5), info, 1};
  if (info < 24) return item;
  if (info > 27) return std::nullopt;
  const std::size_t width = std::size_t{1} << (info - 24);
  if (payload_.size() - at <= width) return std::nullopt;
  std::uint64_t argument = 0;
  for (std::size_t i = 0; i < width; ++i) argument = argument << 8 | payload_[at + 1 + i];
  // Only the shortest form can be written back.
  const std::uint64_t least = width == 1 ? 24 : std::uint64_t{1} << (width * 4);
  if (argument < least) return std::nullopt;
  item.argument = argument;
  item.head_bytes = 1 + width;
  return item;
}

void Parser::flush_literal() {
  if (literal_from_ == at_) return;
  key_.push_back(static_cast<std::uint8_t>(Op::literal));
  put_sized(key_, payload_.subspan(literal_from_, at_ - literal_from_));
}

void Parser::literal(std::size_t count) { at_ += count; }

void Parser::slot(const Slot& slot) {
  key_.push_back(static_cast<std::uint8_t>(slot.op));
  slots_.push_back(slot);
}

bool Parser::parse(ByteView payload) {
  payload_ = payload;
  at_ = 0;
  literal_from_ = 0;
  key_.clear();
  slots_.clear();
  if (!value(0, false) || at_ != payload_.size()) return false;
  flush_literal();
  return slots_.size() <= slots_max && key_.size() <= key_bytes_max;
}

bool Parser::value(unsigned depth, bool literal_text) {
  const auto item = head_at(at_);
  if (!item || depth > depth_max || slots_.size() > slots_max) return false;
  switch (item->major) {
    case Major::positive:
    case Major::negative:
      flush_literal();
      slot({item->major == Major::positive ? Op::positive : Op::negative, item->argument});
      literal_from_ = at_ += item->head_bytes;
      return true;
    case Major::byte_string:
      if (payload_.size() - at_ - item->head_bytes < item->argument) return false;
      flush_literal();
      slot({Op::bytes, 0, payload_.subspan(at_ + item->head_bytes, item->argument)});
      literal_from_ = at_ += item->head_bytes + item->argument;
      return true;
    case Major::text_string: return text(*item, literal_text);
    case Major::array:
      if (item->argument > array_items_max) return false;
      literal(item->head_bytes);
      for (std::uint64_t i = 0; i < item->argument; ++i) {
        if (!value(depth + 1, false)) return false;
      }
      return true;
    case Major::mapping: literal(item->head_bytes); return map(item->argument, depth);
    case Major::tag: return item->argument == 42 && link();
    case Major::simple:
      literal(1);
      return item->argument >= 20 && item->argument <= 22;  // false, true, null
    default: return false;
  }
}

bool Parser::map(std::uint64_t entries, unsigned depth) {
  for (std::uint64_t i = 0; i < entries; ++i) {
    const auto key = head_at(at_);
    if (!key || key->major != Major::text_string) return false;
    if (payload_.size() - at_ - key->head_bytes < key->argument) return false;
    const std::string_view name = text_of(payload_.subspan(at_ + key->head_bytes, key->argument));
    literal(key->head_bytes + name.size());
    if (at_ - literal_from_ > key_bytes_max) return false;
    if (name == "cid" && i + 1 < entries && strong_ref()) {
      ++i;  // "uri" is read too
      continue;
    }
    if (!value(depth + 1, name == "$type")) return false;
  }
  return true;
}

// The value of "cid" and the entry "uri" after it: com.atproto.repo.strongRef.
bool Parser::strong_ref() {
  constexpr std::size_t cid_bytes = 2 + atproto::cid_text_length;
  const ByteView rest = payload_.subspan(at_);
  if (rest.size() < cid_bytes + 6 || rest[0] != 0x78 || rest[1] != atproto::cid_text_length) {
    return false;
  }
  atproto::Cid cid;
  if (!atproto::read_text(text_of(rest.subspan(2, atproto::cid_text_length)), cid)) return false;
  if (cid.codec != atproto::Cid::Codec::dag_cbor) return false;
  if (std::memcmp(rest.data() + cid_bytes, "\x63uri\x78", 5) != 0) return false;
  const std::size_t uri_size = rest[cid_bytes + 5];
  if (uri_size < 24 || rest.size() - cid_bytes - 6 < uri_size) return false;
  TidUri uri;
  if (!read_tid_uri(text_of(rest.subspan(cid_bytes + 6, uri_size)), uri)) return false;

  literal(2);
  flush_literal();
  slot({Op::ref_cid, 0, {}, cid.digest});
  literal_from_ = at_ += atproto::cid_text_length;
  literal(6 + 5);
  flush_literal();
  uri.did.op = Op::ref_did;
  slot(uri.did);
  literal_from_ = at_ += did_plc_length;
  literal(uri_size - 5 - did_plc_length - atproto::tid_text_length);
  flush_literal();
  uri.tid.op = Op::ref_tid;
  slot(uri.tid);
  literal_from_ = at_ += atproto::tid_text_length;
  return true;
}

bool Parser::text(const Item& item, bool literal_text) {
  if (payload_.size() - at_ - item.head_bytes < item.argument) return false;
  const ByteView bytes = payload_.subspan(at_ + item.head_bytes, item.argument);
  if (literal_text) {
    literal(item.head_bytes + bytes.size());
    return at_ - literal_from_ <= key_bytes_max;
  }
  if (special_text(text_of(bytes), item.head_bytes)) return true;
  flush_literal();
  slot({Op::text, 0, bytes});
  literal_from_ = at_ += item.head_bytes + bytes.size();
  return true;
}

// Texts of a fixed length that are binary in disguise. Their heads are literals.
bool Parser::special_text(std::string_view text, std::size_t head_bytes) {
  Slot one{Op::text};
  atproto::Cid cid;
  atproto::DatetimeForm form;
  std::int64_t micros;
  TidUri uri;
  if (text.size() == atproto::tid_text_length) {
    const auto tid = atproto::parse_tid(text);
    if (!tid) return false;
    one = {Op::tid, tid->value};
  } else if (text.size() == atproto::cid_text_length && atproto::read_text(text, cid)) {
    const bool dag_cbor = cid.codec == atproto::Cid::Codec::dag_cbor;
    one = {dag_cbor ? Op::cid_dag_cbor : Op::cid_raw, 0, {}, cid.digest};
  } else if (text.size() == did_plc_length && read_did(text, one)) {
    // as it is
  } else if (read_tid_uri(text, uri)) {
    literal(head_bytes + uri_prefix.size());
    flush_literal();
    slot(uri.did);
    literal_from_ = at_ += did_plc_length;
    literal(text.size() - uri_prefix.size() - did_plc_length - atproto::tid_text_length);
    head_bytes = 0;
    one = uri.tid;
    text = text.substr(text.size() - atproto::tid_text_length);
  } else if (text.size() >= 20 && text.size() <= atproto::datetime_exact_length_max &&
             atproto::read_exact(text, form, micros)) {
    one = {static_cast<Op>(static_cast<unsigned>(Op::datetime) + static_cast<unsigned>(form)),
           static_cast<std::uint64_t>(micros)};
  } else {
    return false;
  }
  literal(head_bytes);
  flush_literal();
  slot(one);
  literal_from_ = at_ += text.size();
  return true;
}

// Tag 42 around a byte string: 00, then a CID of version 1, SHA-256.
bool Parser::link() {
  constexpr std::size_t head = 2 + 2 + 1 + 4;  // d8 2a, 58 25, 00, 01 codec 12 20
  const ByteView rest = payload_.subspan(at_);
  if (rest.size() < head + 32 || rest[1] != 42 || rest[2] != 0x58 || rest[3] != 37) return false;
  literal(head);
  flush_literal();
  Slot digest{Op::digest};
  std::memcpy(digest.binary.data(), rest.data() + head, digest.binary.size());
  slot(digest);
  literal_from_ = at_ += digest.binary.size();
  return true;
}

}  // namespace refold::log::codec
