#include <cstring>

#include "core/atproto/cid.h"
#include "core/atproto/tid.h"
#include "core/log/codec/frame.h"

namespace refold::log::codec {
namespace {

/// Copies in steps of 16, reading and writing up to wide_bytes more than `size`: payloads are made
/// of short pieces, and a call for each would cost more than the copying.
void copy_wide(std::uint8_t* to, const std::uint8_t* from, std::size_t size) noexcept {
  for (std::size_t i = 0; i < size; i += 16) std::memcpy(to + i, from + i, 16);
}

// A CBOR head in its shortest form (RFC 8949, 3.1).
std::uint8_t* write_head(std::uint8_t* to, unsigned major, std::uint64_t argument) noexcept {
  const auto first = static_cast<std::uint8_t>(major << 5);
  if (argument < 24) {
    *to = static_cast<std::uint8_t>(first | argument);
    return to + 1;
  }
  const unsigned log2_width = argument < 0x100           ? 0
                              : argument < 0x10000       ? 1
                              : argument < 0x1'0000'0000 ? 2
                                                         : 3;
  *to++ = static_cast<std::uint8_t>(first | (24 + log2_width));
  for (int shift = (8 << log2_width) - 8; shift >= 0; shift -= 8) {
    *to++ = static_cast<std::uint8_t>(argument >> shift);
  }
  return to;
}

}  // namespace

/// A payload being written.
struct FrameCursor::Writing {
  const Shapes& shapes;
  std::uint8_t* to;
  const std::uint8_t* ref = nullptr;  // the strong reference begun last; null: spelled out
};

ByteView FrameCursor::read_payload(Arena& arena) {
  const std::uint64_t number = take(Column::shape);
  if (number == 0) return take_text(arena);
  const Shapes& shapes = dictionary_->shapes();
  const Shapes::Shape& shape = shapes[number - 1];
  std::size_t bound = shape.fixed_bytes;
  for (std::size_t i = 0; i < shape.lengths; ++i) bound += at_[Column::length][i];
  bound += wide_bytes;
  std::uint8_t* const begin = arena.take(bound);
  Writing out{shapes, begin};
  for (const Step& step : shapes.steps(shape)) write_step(step, out);
  const auto size = static_cast<std::size_t>(out.to - begin);
  arena.give_back(bound - size);
  return {begin, size};
}

void FrameCursor::write_step(const Step& step, Writing& out) {
  copy_wide(out.to, out.shapes.literal(step), step.literal_size);
  out.to += step.literal_size;
  switch (step.op) {
    case Op::literal: return;
    case Op::text:
    case Op::bytes: return write_text(step.op, out);
    case Op::positive: out.to = write_head(out.to, 0, take(Column::integer)); return;
    case Op::negative: out.to = write_head(out.to, 1, take(Column::integer)); return;
    case Op::did: return write_did(out);
    case Op::tid: return write_tid(out);
    case Op::ref_cid:
    case Op::ref_did:
    case Op::ref_tid: return write_ref(step.op, out);
    case Op::cid_dag_cbor: return write_cid(atproto::Cid::Codec::dag_cbor, out);
    case Op::cid_raw: return write_cid(atproto::Cid::Codec::raw, out);
    case Op::digest:
      std::memcpy(out.to, digest_, 32);
      digest_ += 32;
      out.to += 32;
      return;
    default: return write_time(step.op, out);
  }
}

void FrameCursor::write_text(Op op, Writing& out) {
  const std::size_t length = take(Column::length);
  out.to = write_head(out.to, op == Op::text ? 3 : 2, length);
  copy_wide(out.to, text_, length);
  out.to += length;
  text_ += length;
}

// Inlined by order: gcc takes a function that only prefetches for one without effect and leaves out
// its calls, which costs a scan a fifth of its speed.
[[gnu::always_inline]] inline void FrameCursor::prefetch_ref() const noexcept {
  if (const std::uint64_t soon = ahead(Column::reference, far_ahead); soon != 0) {
    const std::uint8_t* const ref = dictionary_->ref(soon - 1);
    __builtin_prefetch(ref);
    __builtin_prefetch(ref + ref_bytes - 1);
  }
  // Where its DID lies is known once it has come.
  if (const std::uint64_t soon = ahead(Column::reference, far_ahead / 2); soon != 0) {
    __builtin_prefetch(dictionary_->plc_of(dictionary_->ref(soon - 1)));
  }
}

// The three slots of a strong reference.
void FrameCursor::write_ref(Op op, Writing& out) {
  char* const to = reinterpret_cast<char*>(out.to);
  if (op == Op::ref_cid) {
    prefetch_ref();
    const std::uint64_t value = take(Column::reference);
    out.ref = value == 0 ? nullptr : dictionary_->ref(value - 1);
    if (out.ref == nullptr) return write_cid(atproto::Cid::Codec::dag_cbor, out);
    atproto::Cid cid{atproto::Cid::Codec::dag_cbor, {}};
    std::memcpy(cid.digest.data(), out.ref, cid.digest.size());
    atproto::write_text(cid, to);
    out.to += atproto::cid_text_length;
  } else if (op == Op::ref_did) {
    if (out.ref == nullptr) return write_did(out);
    write_did_plc(dictionary_->plc_of(out.ref), to);
    out.to += did_plc_length;
  } else {
    if (out.ref == nullptr) return write_tid(out);
    atproto::write_text(atproto::Tid{load_le<std::uint64_t>(out.ref + 32)}, to);
    out.to += atproto::tid_text_length;
  }
}

void FrameCursor::write_cid(atproto::Cid::Codec codec, Writing& out) {
  atproto::Cid cid{codec, {}};
  std::memcpy(cid.digest.data(), digest_, cid.digest.size());
  digest_ += cid.digest.size();
  atproto::write_text(cid, reinterpret_cast<char*>(out.to));
  out.to += atproto::cid_text_length;
}

void FrameCursor::write_did(Writing& out) {
  const Dictionary& dictionary = *dictionary_;
  if (const std::uint64_t soon = ahead(Column::did, far_ahead); soon != 0) {
    __builtin_prefetch(dictionary.plc(soon - 1));
  }
  const std::uint64_t value = take(Column::did);
  write_did_plc(value != 0 ? dictionary.plc(value - 1) : plc_, reinterpret_cast<char*>(out.to));
  if (value == 0) plc_ += std::tuple_size_v<Plc>;
  out.to += did_plc_length;
}

void FrameCursor::write_tid(Writing& out) {
  const std::uint64_t micros =
      base_us_ - static_cast<std::uint64_t>(unzigzag(take(Column::tid_time)));
  const auto clock = static_cast<unsigned>(take(Column::tid_clock));
  atproto::write_text(atproto::make_tid(micros, clock), reinterpret_cast<char*>(out.to));
  out.to += atproto::tid_text_length;
}

void FrameCursor::write_time(Op op, Writing& out) {
  const std::uint64_t unit = unit_us(op);
  const std::uint64_t micros = undo(take(Column::time), base_us_ / unit) * unit;
  const auto form = static_cast<atproto::DatetimeForm>(static_cast<unsigned>(op) -
                                                       static_cast<unsigned>(Op::datetime));
  out.to +=
      datetimes_.write(form, static_cast<std::int64_t>(micros), reinterpret_cast<char*>(out.to));
}

void FrameCursor::skip_payload() noexcept {
  const std::uint64_t number = take(Column::shape);
  if (number == 0) {
    text_ += take(Column::length);
    return;
  }
  const Shapes::Shape& shape = dictionary_->shapes()[number - 1];
  for (unsigned i = 0; i < shape.lengths; ++i) text_ += take(Column::length);
  std::uint32_t spelled_refs = 0;
  for (unsigned i = 0; i < shape.refs; ++i) spelled_refs += take(Column::reference) == 0 ? 1 : 0;
  for (unsigned i = 0; i < shape.dids + spelled_refs; ++i) plc_ += take(Column::did) == 0 ? 15 : 0;
  at_[Column::tid_time] += shape.tids + spelled_refs;
  at_[Column::tid_clock] += shape.tids + spelled_refs;
  at_[Column::time] += shape.times;
  at_[Column::integer] += shape.integers;
  digest_ += std::size_t{32} * (shape.digests + spelled_refs);
}

}  // namespace refold::log::codec
