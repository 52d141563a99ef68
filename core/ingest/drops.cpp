#include "core/ingest/drops.h"

namespace refold::ingest {

std::string_view name(Drop reason) noexcept {
  switch (reason) {
    case Drop::bad_frame: return "bad_frame";
    case Drop::too_long: return "too_long";
    case Drop::not_json: return "not_json";
    case Drop::unknown_kind: return "unknown_kind";
    case Drop::bad_did: return "bad_did";
    case Drop::bad_operation: return "bad_operation";
    case Drop::bad_collection: return "bad_collection";
    case Drop::bad_rkey: return "bad_rkey";
    case Drop::bad_rev: return "bad_rev";
    case Drop::bad_cid: return "bad_cid";
    case Drop::bad_field: return "bad_field";
    case Drop::bad_car: return "bad_car";
    case Drop::bad_commit: return "bad_commit";
    case Drop::bad_tree: return "bad_tree";
    case Drop::gone: return "gone";
    case Drop::out_of_scope: return "out_of_scope";
    case Drop::block_missing: return "block_missing";
    case Drop::block_damaged: return "block_damaged";
    case Drop::too_big: return "too_big";
    case Drop::seq_hole: return "seq_hole";
    case Drop::seq_repeated: return "seq_repeated";
    case Drop::bad_packing: return "bad_packing";
    case Drop::old_document: return "old_document";
  }
  return "unknown";
}

bool is_refusal(Drop reason) noexcept {
  return reason <= Drop::gone || reason == Drop::bad_packing;
}

Drop drop_of(LineFault fault) noexcept {
  switch (fault) {
    case LineFault::too_long: return Drop::too_long;
    case LineFault::not_json: return Drop::not_json;
    case LineFault::unknown_kind: return Drop::unknown_kind;
    case LineFault::bad_did: return Drop::bad_did;
    case LineFault::bad_operation: return Drop::bad_operation;
    case LineFault::bad_collection: return Drop::bad_collection;
    case LineFault::bad_rkey: return Drop::bad_rkey;
    case LineFault::bad_rev: return Drop::bad_rev;
    case LineFault::bad_cid: return Drop::bad_cid;
    case LineFault::bad_field: break;
  }
  return Drop::bad_field;
}

std::uint64_t Drops::refused() const noexcept {
  std::uint64_t total = 0;
  for (std::size_t at = 0; at < drop_count; ++at) {
    if (is_refusal(static_cast<Drop>(at))) total += counts_[at];
  }
  return total;
}

}  // namespace refold::ingest
