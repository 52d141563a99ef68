#pragma once

#include <cstdint>
#include <optional>

#include "core/index/draft.h"
#include "core/index/index.h"

namespace refold::index {

/// The rules of "what is new, what is late, what is known already", and of `previous`: pure
/// functions of a draft and the head of its record.

/// How far into the future a rev may be: later ones would make every honest edit late.
inline constexpr std::int64_t future_us_max = std::int64_t{5} * 60 * 1'000'000;

/// What is wrong with a draft's fields other than its DID, if anything is. `source` is its batch's.
[[nodiscard]] std::optional<Refusal> refusal_of(const Draft& draft, std::string_view source,
                                                std::int64_t now_us);

/// Where a version stands among those that the index knows of its record.
enum class Standing : std::uint8_t {
  newer,    ///< it becomes the head
  is_head,  ///< the head is this very version
  earlier,  ///< not newer by its rev: known if the record's versions have it, else see goes_on()
};
[[nodiscard]] Standing compare(const Draft& draft, const std::optional<Head>& head);

/// For an `earlier` draft that is not known: whether it becomes the head all the same (two versions
/// in one commit), or is late.
[[nodiscard]] bool goes_on(const Draft& draft, const Head& head);

/// Whether a `resync` draft says nothing that the head does not: the head has that CID, or is
/// newer.
[[nodiscard]] bool is_known_state(const Draft& draft, const std::optional<Head>& head);

/// The place of a draft that becomes the head, among the versions of its rev.
[[nodiscard]] std::uint16_t next_order(const Draft& draft, const std::optional<Head>& head);

/// Not a tombstone.
[[nodiscard]] bool is_living(const Head& head);
/// A living head whose payload the log has.
[[nodiscard]] bool has_payload(const Head& head);

/// Fills in previous_state, previous_seq and previous_record, and the `unchanged` flag. `payload`
/// is the head's, empty if the log has none. A payload that is missing is taken from the head if it
/// is the same one. `event` has kind, missing and record set; `cid` is its CID.
void set_previous(log::Event& event, const std::optional<atproto::Cid>& cid,
                  const std::optional<Head>& head, ByteView payload);

}  // namespace refold::index
