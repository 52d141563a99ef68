#include "core/log/codec/shape.h"

#include "core/atproto/cid.h"
#include "core/atproto/datetime.h"
#include "core/atproto/tid.h"
#include "core/base/wire.h"

namespace refold::log::codec {
namespace {

constexpr std::uint32_t head_bytes_max = 9;

/// Counts one slot in its shape: which columns it takes from, and what it writes at most.
bool count(Op op, Shapes::Shape& shape) {
  switch (op) {
    case Op::literal: return false;
    case Op::text:
    case Op::bytes:
      ++shape.lengths;
      shape.fixed_bytes += head_bytes_max;
      return true;
    case Op::positive:
    case Op::negative:
      ++shape.integers;
      shape.fixed_bytes += head_bytes_max;
      return true;
    case Op::did:
      ++shape.dids;
      shape.fixed_bytes += did_plc_length;
      return true;
    case Op::tid:
      ++shape.tids;
      shape.fixed_bytes += atproto::tid_text_length;
      return true;
    case Op::ref_cid:
      ++shape.refs;
      shape.fixed_bytes += atproto::cid_text_length + did_plc_length + atproto::tid_text_length;
      return true;
    case Op::ref_did:
    case Op::ref_tid: return shape.refs > 0;
    case Op::cid_dag_cbor:
    case Op::cid_raw:
      ++shape.digests;
      shape.fixed_bytes += atproto::cid_text_length;
      return true;
    case Op::digest:
      ++shape.digests;
      shape.fixed_bytes += 32;
      return true;
    default:
      ++shape.times;
      shape.fixed_bytes += atproto::datetime_exact_length_max;
      return static_cast<std::uint8_t>(op) <= op_last;
  }
}

}  // namespace

bool Shapes::add(ByteView key) {
  // Strong references are three slots that stand together: cid, did, tid.
  Op expected = Op::ref_cid;
  Shape shape;
  shape.first_step = static_cast<std::uint32_t>(steps_.size());
  if (key.size() > key_bytes_max) return false;
  Step step;
  for (WireReader reader(key); reader.left() > 0;) {
    step.op = static_cast<Op>(reader.fixed<std::uint8_t>());
    if (step.op == Op::literal) {
      if (step.literal_size != 0) return false;  // no parser makes two literals in a row
      const ByteView literal = reader.sized(key_bytes_max);
      if (reader.failed()) return false;
      step.literal_at = static_cast<std::uint32_t>(literals_.size() - wide_bytes);
      step.literal_size = static_cast<std::uint32_t>(literal.size());
      shape.fixed_bytes += step.literal_size;
      literals_.insert(literals_.end() - wide_bytes, literal.begin(), literal.end());
      continue;
    }
    const bool in_ref = step.op >= Op::ref_cid && step.op <= Op::ref_tid;
    if (in_ref ? step.op != expected : expected != Op::ref_cid) return false;
    if (in_ref) {
      expected = step.op == Op::ref_tid ? Op::ref_cid
                                        : static_cast<Op>(static_cast<unsigned>(step.op) + 1);
    }
    if (!count(step.op, shape)) return false;
    steps_.push_back(step);
    step = {};
  }
  if (step.literal_size != 0) steps_.push_back(step);
  shape.steps = static_cast<std::uint32_t>(steps_.size()) - shape.first_step;
  shapes_.push_back(shape);
  return expected == Op::ref_cid && shape.steps <= slots_max + 1;
}

std::size_t Shapes::memory_bytes() const noexcept {
  return shapes_.size() * sizeof(Shape) + steps_.size() * sizeof(Step) + literals_.size();
}

}  // namespace refold::log::codec
