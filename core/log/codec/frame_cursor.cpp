#include <cstring>
#include <new>

#include "core/atproto/cid.h"
#include "core/atproto/tid.h"
#include "core/log/codec/frame.h"

namespace refold::log::codec {

FrameCursor::FrameCursor(const Frame& frame, const Dictionary& dictionary) noexcept
    : frame_(&frame),
      dictionary_(&dictionary),
      events_left_(frame.events()),
      text_(frame.text_.data()),
      digest_(frame.digests_),
      plc_(frame.plcs_),
      witness_us_(static_cast<std::uint64_t>(frame.first_witness_us_)) {
  for (std::size_t i = 0; i < column_count; ++i) at_[i] = frame.columns_[i].data();
}

void FrameCursor::read(Event& event, Arena& arena) {
  const Dictionary& dictionary = *dictionary_;
  const Head& head = dictionary.heads()[take(Column::head)];
  const std::uint16_t parts = head.parts;
  event.kind = head.kind;
  event.missing = head.missing;
  event.previous_state = head.previous_state;
  event.active = head.active;
  event.flags = head.flags;
  event.source = head.source;
  witness_us_ = undo(take(Column::witness), witness_us_);
  event.witness_us = static_cast<std::int64_t>(witness_us_);
  if (const std::uint64_t soon = ahead(Column::actor, far_ahead); soon != 0) {
    __builtin_prefetch(dictionary.plc(soon - 1));
  }
  event.did = dictionary.did(take(Column::actor) - 1, arena);
  base_us_ = witness_us_;
  read_rev(event, parts);
  read_rkey(event, parts, arena);
  event.previous_seq =
      (parts & part::previous_seq) == 0
          ? 0
          : event.seq - static_cast<std::uint64_t>(unzigzag(take(Column::previous)));
  event.upstream_seq = 0;
  event.upstream_us = 0;
  if ((parts & part::upstream) != 0) {
    event.upstream_seq = take(Column::upstream_seq);
    event.upstream_us = static_cast<std::int64_t>(undo(take(Column::upstream_us), base_us_));
  }
  event.status = event.handle = {};
  if ((parts & part::notice) != 0) {
    event.status = text_of(take_text(arena));
    event.handle = text_of(take_text(arena));
  }
  event.stored_cid = nullptr;
  if ((parts & (part::stored_cid | part::stored_cid_raw)) != 0) {
    event.stored_cid = take_cid((parts & part::stored_cid_raw) != 0, arena);
  }
  event.record = (parts & part::record) != 0 ? read_payload(arena) : ByteView{};
  event.previous_record = (parts & part::previous_record) != 0 ? read_payload(arena) : ByteView{};
  --events_left_;
}

void FrameCursor::read_rev(Event& event, std::uint16_t parts) noexcept {
  event.rev = {};
  event.order = 0;
  if ((parts & part::rev) == 0) return;
  base_us_ = last_rev_us_ = undo(take(Column::rev_time), last_rev_us_);
  event.rev = atproto::make_tid(base_us_, static_cast<unsigned>(take(Column::rev_clock)));
  event.order = static_cast<std::uint16_t>(take(Column::order));
}

void FrameCursor::read_rkey(Event& event, std::uint16_t parts, Arena& arena) {
  event.rkey = {};
  if ((parts & part::rkey_tid) != 0) {
    base_us_ -= static_cast<std::uint64_t>(unzigzag(take(Column::rkey_time)));
    const auto clock = static_cast<unsigned>(take(Column::rkey_clock)) ^ event.rev.clock_id();
    char* const text = reinterpret_cast<char*>(arena.take(atproto::tid_text_length));
    atproto::write_text(atproto::make_tid(base_us_, clock), text);
    event.rkey = {text, atproto::tid_text_length};
  } else if ((parts & part::rkey_text) != 0) {
    event.rkey = text_of(take_text(arena));
  }
}

ByteView FrameCursor::take_text(Arena& arena) {
  const std::size_t length = take(Column::length);
  const ByteView text{text_, length};
  text_ += length;
  return arena.copy(text);
}

const atproto::Cid* FrameCursor::take_cid(bool raw, Arena& arena) {
  auto* const cid = new (arena.take(sizeof(atproto::Cid))) atproto::Cid;
  cid->codec = raw ? atproto::Cid::Codec::raw : atproto::Cid::Codec::dag_cbor;
  std::memcpy(cid->digest.data(), digest_, 32);
  digest_ += 32;
  return cid;
}

void FrameCursor::skip() noexcept {
  const std::uint16_t parts = dictionary_->heads()[take(Column::head)].parts;
  witness_us_ = undo(take(Column::witness), witness_us_);
  ++at_[Column::actor];
  if ((parts & part::rev) != 0) {
    last_rev_us_ = undo(take(Column::rev_time), last_rev_us_);
    ++at_[Column::rev_clock];
    ++at_[Column::order];
  }
  if ((parts & part::rkey_tid) != 0) {
    ++at_[Column::rkey_time];
    ++at_[Column::rkey_clock];
  }
  if ((parts & part::rkey_text) != 0) text_ += take(Column::length);
  if ((parts & part::previous_seq) != 0) ++at_[Column::previous];
  if ((parts & part::upstream) != 0) {
    ++at_[Column::upstream_seq];
    ++at_[Column::upstream_us];
  }
  if ((parts & part::notice) != 0) {
    text_ += take(Column::length);
    text_ += take(Column::length);
  }
  if ((parts & (part::stored_cid | part::stored_cid_raw)) != 0) digest_ += 32;
  if ((parts & part::record) != 0) skip_payload();
  if ((parts & part::previous_record) != 0) skip_payload();
  --events_left_;
}

}  // namespace refold::log::codec
