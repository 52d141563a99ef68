#include "core/projection/events.h"

#include "core/log/change.h"
#include "core/plugin/boundary.h"

namespace refold::projection {
namespace {

using log::Change;
using log::Kind;
using log::PreviousState;

// The numbers of the log are those of the boundary.
static_assert(static_cast<int>(Kind::create) == REFOLD_CREATE &&
              static_cast<int>(Kind::update) == REFOLD_UPDATE &&
              static_cast<int>(Kind::remove) == REFOLD_DELETE &&
              static_cast<int>(Kind::identity) == REFOLD_IDENTITY &&
              static_cast<int>(Kind::account) == REFOLD_ACCOUNT &&
              static_cast<int>(Kind::sync) == REFOLD_SYNC &&
              static_cast<int>(Kind::gap) == REFOLD_GAP);
static_assert(static_cast<int>(Change::none) == REFOLD_UNCHANGED &&
              static_cast<int>(Change::added) == REFOLD_ADDED &&
              static_cast<int>(Change::replaced) == REFOLD_REPLACED &&
              static_cast<int>(Change::removed) == REFOLD_REMOVED);
static_assert(static_cast<int>(PreviousState::none) == REFOLD_PREVIOUS_NONE &&
              static_cast<int>(PreviousState::known) == REFOLD_PREVIOUS_KNOWN &&
              static_cast<int>(PreviousState::unknown) == REFOLD_PREVIOUS_UNKNOWN);
static_assert(log::flag::live == REFOLD_LIVE && log::flag::late == REFOLD_LATE &&
              log::flag::resync == REFOLD_RESYNC && log::flag::verified == REFOLD_VERIFIED &&
              log::flag::unchanged == REFOLD_NO_DIFFERENCE &&
              log::flag::redacted == REFOLD_REDACTED);

}  // namespace

void Events::add(const log::Event& from) {
  const bool record = log::is_record(from.kind);
  refold_event& to = events_.emplace_back();
  to.size = sizeof to;
  to.seq = from.seq;
  to.witness_us = from.witness_us;
  to.commit_us = record ? static_cast<std::int64_t>(from.rev.micros()) : from.upstream_us;
  to.rev = from.rev.value;
  to.previous_seq = from.previous_seq;
  to.flags = from.flags;
  to.order = from.order;
  to.kind = static_cast<std::uint8_t>(from.kind);
  to.change = static_cast<std::uint8_t>(record ? log::change_of(from) : Change::none);
  to.previous_state = static_cast<std::uint8_t>(from.previous_state);
  to.active = from.active ? 1 : 0;
  to.did = plugin::to_abi(from.did);
  to.collection = plugin::to_abi(from.collection);
  to.rkey = plugin::to_abi(from.rkey);
  to.record = plugin::to_abi(from.record);
  to.previous = plugin::to_abi(from.previous_record);
  to.status = plugin::to_abi(from.status);
  to.handle = plugin::to_abi(from.handle);
  to.source = plugin::to_abi(from.source);
  sources_.push_back(&from);
}

const log::Event* Events::source_of(const refold_event* event) const noexcept {
  // Pointers into nothing of ours are compared as numbers: nothing else may be done with them.
  const auto first = reinterpret_cast<std::uintptr_t>(events_.data());
  const auto asked = reinterpret_cast<std::uintptr_t>(event);
  if (asked < first || (asked - first) % sizeof(refold_event) != 0) return nullptr;
  const std::size_t place = (asked - first) / sizeof(refold_event);
  return place < sources_.size() ? sources_[place] : nullptr;
}

}  // namespace refold::projection
