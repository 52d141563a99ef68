#pragma once

#include <cstdint>
#include <string_view>

#include "core/atproto/cid.h"
#include "core/atproto/tid.h"
#include "core/base/bytes.h"

namespace refold::log {

/// An event's number in this log: starts at 1, dense, in commit order. 0 means "none".
using Seq = std::uint64_t;

/// What was witnessed. Values are on disk; readers skip those they do not know.
enum class Kind : std::uint8_t {
  create = 1,
  update = 2,
  remove = 3,  ///< a tombstone: the wire's "delete"
  identity = 4,
  account = 5,
  sync = 6,  ///< a repo was replaced as a whole
  gap = 7,   ///< a source lost events: `status` is the reason, `handle` the range
};
/// Not one of a later version.
[[nodiscard]] constexpr bool is_known(Kind kind) noexcept {
  return kind >= Kind::create && kind <= Kind::gap;
}
[[nodiscard]] constexpr bool is_record(Kind kind) noexcept {
  return kind >= Kind::create && kind <= Kind::remove;
}
/// "create", "update", "delete", "identity", "account", "sync", "gap"; "unknown" for later kinds.
[[nodiscard]] std::string_view name(Kind kind) noexcept;

/// Properties of an event, a set of bits. On disk.
namespace flag {
inline constexpr std::uint16_t live = 1;      ///< seen as it happened (not a backfill)
inline constexpr std::uint16_t late = 2;      ///< older than its record's head when it came
inline constexpr std::uint16_t resync = 4;    ///< found by comparing a whole repo with the index
inline constexpr std::uint16_t verified = 8;  ///< signature and proof were checked
inline constexpr std::uint16_t unchanged =
    16;  ///< it changed nothing: same CID, or a delete of a tombstone
inline constexpr std::uint16_t redacted =
    32;  ///< its payloads were erased; the one bit that may change
}  // namespace flag

/// Why a create or update has no payload here. On disk.
enum class Missing : std::uint8_t {
  no = 0,              ///< it has one (or needs none)
  not_sent = 1,        ///< the source gave none (a block that was not in its commit)
  cid_mismatch = 2,    ///< what was sent does not hash to the CID
  too_large = 3,       ///< over atproto::record_bytes_max
  not_data_model = 4,  ///< no DAG-CBOR of the data model: floats, bad UTF-8, too deep, ...
};
[[nodiscard]] std::string_view name(Missing reason) noexcept;

/// What is known of the version that an event replaced or removed. On disk.
enum class PreviousState : std::uint8_t {
  none = 0,     ///< there was no living version; previous_seq names a tombstone, or is 0
  known = 1,    ///< previous_seq and previous_record are set
  unknown = 2,  ///< never witnessed (previous_seq 0), or its payload is not here (or no more)
};
[[nodiscard]] std::string_view name(PreviousState state) noexcept;

/// One witnessed fact, as a view: whoever hands it out says what owns the bytes behind it.
///
/// Fields that do not belong to the kind are empty or 0. Lengths are within limits.h.
struct Event {
  Seq seq = 0;
  std::int64_t witness_us = 0;  ///< microseconds since 1970; never decreases as seq grows
  Kind kind = Kind::create;
  Missing missing = Missing::no;
  PreviousState previous_state = PreviousState::none;
  bool active = false;      ///< account events: the account is visible
  std::uint16_t flags = 0;  ///< see namespace flag
  std::uint16_t order = 0;  ///< orders versions of one record within one rev
  atproto::Tid rev{};       ///< the repo revision; value 0 where there is none
  std::string_view source;
  std::string_view did;
  std::string_view collection;
  std::string_view rkey;
  ByteView record;  ///< DAG-CBOR, exactly what the CID names; empty if missing, deleted or redacted
  /// The CID, where it cannot be computed from `record`: payload missing or redacted. Else null.
  const atproto::Cid* stored_cid = nullptr;
  Seq previous_seq = 0;
  ByteView previous_record;        ///< the payload of the version at previous_seq, if `known`
  std::string_view status;         ///< account and gap events
  std::string_view handle;         ///< identity events (and the range of a gap)
  std::uint64_t upstream_seq = 0;  ///< identity, account, sync, gap: the source's own number
  std::int64_t upstream_us = 0;    ///< identity, account, sync, gap: the source's own time

  [[nodiscard]] bool has(std::uint16_t flag) const noexcept { return (flags & flag) != 0; }
};

/// Whether a create or update event has a CID at all (deletes and other kinds have none).
[[nodiscard]] bool has_cid(const Event& event) noexcept;
/// The event's CID: the stored one, or computed from the payload (SHA-256: some 300 ns).
/// Precondition: has_cid(event).
[[nodiscard]] atproto::Cid cid_of(const Event& event) noexcept;

/// Field by field, payloads byte by byte.
[[nodiscard]] bool same(const Event& a, const Event& b) noexcept;

}  // namespace refold::log
