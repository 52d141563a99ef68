#include "core/log/codec/frame_writer.h"

#include <bit>

#include "core/log/codec/numbers.h"

namespace refold::log::codec {
namespace {

std::uint64_t difference(std::uint64_t value, std::uint64_t from) noexcept {
  return zigzag(static_cast<std::int64_t>(value - from));
}

std::uint16_t parts_of(const Event& event) {
  std::uint16_t parts = 0;
  const auto has = [&parts](bool present, std::uint16_t bit) {
    if (present) parts = static_cast<std::uint16_t>(parts | bit);
  };
  has(event.rev.value != 0 || event.order != 0, part::rev);
  const bool tid = atproto::parse_tid(event.rkey).has_value();
  has(tid, part::rkey_tid);
  has(!tid && !event.rkey.empty(), part::rkey_text);
  has(!event.record.empty(), part::record);
  has(event.previous_seq != 0, part::previous_seq);
  has(!event.previous_record.empty(), part::previous_record);
  if (event.stored_cid != nullptr) {
    const bool raw = event.stored_cid->codec == atproto::Cid::Codec::raw;
    has(true, raw ? part::stored_cid_raw : part::stored_cid);
  }
  has(event.upstream_seq != 0 || event.upstream_us != 0, part::upstream);
  has(!event.status.empty() || !event.handle.empty(), part::notice);
  return parts;
}

}  // namespace

FrameWriter::FrameWriter(DictionaryBuilder& dictionary) : dictionary_(dictionary) {}

void FrameWriter::put(Column column, std::uint64_t value) {
  columns_[column].push_back(value);
  number_bytes_ += 1 + static_cast<std::size_t>(std::bit_width(value)) / 8;
}

void FrameWriter::put_text(ByteView text) {
  put(Column::length, text.size());
  append(text_, text);
}

void FrameWriter::add(const Event& event) {
  const std::uint16_t parts = parts_of(event);
  if (events() == 0) first_witness_us_ = last_witness_us_ = event.witness_us;
  put(Column::head, dictionary_.head({event.kind, event.missing, event.previous_state, event.active,
                                      event.flags, parts, std::string(event.source)}));
  put(Column::witness, difference(static_cast<std::uint64_t>(event.witness_us),
                                  static_cast<std::uint64_t>(last_witness_us_)));
  last_witness_us_ = event.witness_us;
  put(Column::actor, dictionary_.actor(event.did));
  base_us_ = static_cast<std::uint64_t>(event.witness_us);
  if ((parts & part::rev) != 0) {
    const std::uint64_t rev_us = event.rev.micros();
    put(Column::rev_time, difference(rev_us, last_rev_us_));
    put(Column::rev_clock, event.rev.clock_id());
    put(Column::order, event.order);
    base_us_ = last_rev_us_ = rev_us;
  }
  put_rkey(event, parts);
  if ((parts & part::previous_seq) != 0) {
    put(Column::previous, difference(event.seq, event.previous_seq));
  }
  if ((parts & part::upstream) != 0) {
    put(Column::upstream_seq, event.upstream_seq);
    put(Column::upstream_us, difference(static_cast<std::uint64_t>(event.upstream_us), base_us_));
  }
  if ((parts & part::notice) != 0) {
    put_text(bytes_of(event.status));
    put_text(bytes_of(event.handle));
  }
  if (event.stored_cid != nullptr) append(digests_, event.stored_cid->digest);
  if ((parts & part::record) != 0) put_payload(event.record);
  if ((parts & part::previous_record) != 0) put_payload(event.previous_record);
}

void FrameWriter::put_rkey(const Event& event, std::uint16_t parts) {
  if ((parts & part::rkey_tid) != 0) {
    const atproto::Tid rkey = *atproto::parse_tid(event.rkey);
    put(Column::rkey_time, difference(base_us_, rkey.micros()));
    put(Column::rkey_clock, rkey.clock_id() ^ event.rev.clock_id());
    base_us_ = rkey.micros();  // closer than the rev to what the record says of its time
  } else if ((parts & part::rkey_text) != 0) {
    put_text(bytes_of(event.rkey));
  }
}

void FrameWriter::put_payload(ByteView payload) {
  Parser& parser = dictionary_.parser();
  const std::uint64_t shape = parser.parse(payload) ? dictionary_.shape(parser.key()) : 0;
  put(Column::shape, shape);
  if (shape == 0) {
    put_text(payload);
  } else {
    put_slots(parser.slots());
  }
}

void FrameWriter::put_slots(std::span<const Slot> slots) {
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (slots[i].op != Op::ref_cid) {
      put_slot(slots[i]);
      continue;
    }
    const std::uint64_t value = dictionary_.ref(slots[i], slots[i + 1], slots[i + 2]);
    put(Column::reference, value);
    if (value == 0) {
      append(digests_, slots[i].binary);
      put_did(slots[i + 1]);
      put_tid(slots[i + 2].number);
    }
    i += 2;
  }
}

void FrameWriter::put_slot(const Slot& slot) {
  switch (slot.op) {
    case Op::text:
    case Op::bytes: return put_text(slot.bytes);
    case Op::positive:
    case Op::negative: return put(Column::integer, slot.number);
    case Op::did: return put_did(slot);
    case Op::tid: return put_tid(slot.number);
    case Op::cid_dag_cbor:
    case Op::cid_raw:
    case Op::digest: return append(digests_, slot.binary);
    default: break;
  }
  const std::uint64_t unit = unit_us(slot.op);
  // Both are after 1970 or so; what is not wraps around and comes back.
  const std::uint64_t base = base_us_ / unit;
  const auto micros = static_cast<std::int64_t>(slot.number);
  put(Column::time,
      difference(static_cast<std::uint64_t>(micros / static_cast<std::int64_t>(unit)), base));
}

void FrameWriter::put_did(const Slot& slot) {
  Plc plc;
  std::copy_n(slot.binary.begin(), plc.size(), plc.begin());
  const std::uint64_t value = dictionary_.did(plc);
  put(Column::did, value);
  if (value == 0) append(plcs_, plc);
}

void FrameWriter::put_tid(std::uint64_t tid) {
  const atproto::Tid value{tid};
  put(Column::tid_time, difference(base_us_, value.micros()));
  put(Column::tid_clock, value.clock_id());
}

void FrameWriter::finish(Compressor& compressor, Bytes& to) {
  Bytes classes;
  BitWriter bit_writer;
  for (auto& column : columns_) {
    put_column(column, classes, bit_writer);
    column.clear();
  }
  const Bytes bits = bit_writer.finish();
  Bytes packed_classes;
  Bytes packed_text;
  const auto pack = [&compressor](const Bytes& raw, Bytes& packed, bool with_prefix) {
    if (raw.size() > 16) compressor.compress(raw, packed, with_prefix);
    if (raw.size() <= 16 || packed.size() >= raw.size()) packed = raw;
  };
  pack(classes, packed_classes, false);
  pack(text_, packed_text, true);
  const auto digests = digests_.size() / 32;
  const auto plcs = plcs_.size() / std::tuple_size_v<Plc>;
  for (const std::size_t number : {classes.size(), packed_classes.size(), text_.size(),
                                   packed_text.size(), bits.size(), digests, plcs}) {
    put_varint(to, number);
  }
  put_varint(to, zigzag(first_witness_us_));
  append(to, packed_classes);
  append(to, packed_text);
  append(to, bits);
  append(to, digests_);
  append(to, plcs_);
  text_.clear();
  digests_.clear();
  plcs_.clear();
  number_bytes_ = 0;
  last_rev_us_ = 0;
}

}  // namespace refold::log::codec
