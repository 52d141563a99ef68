#include "core/log/event.h"

namespace refold::log {

std::string_view name(Kind kind) noexcept {
  switch (kind) {
    case Kind::create: return "create";
    case Kind::update: return "update";
    case Kind::remove: return "delete";
    case Kind::identity: return "identity";
    case Kind::account: return "account";
    case Kind::sync: return "sync";
    case Kind::gap: return "gap";
  }
  return "unknown";
}

std::string_view name(Missing reason) noexcept {
  switch (reason) {
    case Missing::no: return "no";
    case Missing::not_sent: return "not_sent";
    case Missing::cid_mismatch: return "cid_mismatch";
    case Missing::too_large: return "too_large";
    case Missing::not_data_model: return "not_data_model";
  }
  return "unknown";
}

std::string_view name(PreviousState state) noexcept {
  switch (state) {
    case PreviousState::none: return "none";
    case PreviousState::known: return "known";
    case PreviousState::unknown: return "unknown";
  }
  return "unknown";
}

bool has_cid(const Event& event) noexcept {
  return event.kind == Kind::create || event.kind == Kind::update;
}

atproto::Cid cid_of(const Event& event) noexcept {
  return event.stored_cid != nullptr ? *event.stored_cid : atproto::cid_of(event.record);
}

bool same(const Event& a, const Event& b) noexcept {
  const bool same_cid = (a.stored_cid == nullptr) == (b.stored_cid == nullptr) &&
                        (a.stored_cid == nullptr || *a.stored_cid == *b.stored_cid);
  return a.seq == b.seq && a.witness_us == b.witness_us && a.kind == b.kind &&
         a.missing == b.missing && a.previous_state == b.previous_state && a.active == b.active &&
         a.flags == b.flags && a.order == b.order && a.rev.value == b.rev.value &&
         a.source == b.source && a.did == b.did && a.collection == b.collection &&
         a.rkey == b.rkey && equal(a.record, b.record) && same_cid &&
         a.previous_seq == b.previous_seq && equal(a.previous_record, b.previous_record) &&
         a.status == b.status && a.handle == b.handle && a.upstream_seq == b.upstream_seq &&
         a.upstream_us == b.upstream_us;
}

}  // namespace refold::log
