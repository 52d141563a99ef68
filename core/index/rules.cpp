#include "core/index/rules.h"

#include <algorithm>
#include <limits>

#include "core/atproto/syntax.h"
#include "core/index/overlay.h"
#include "core/log/limits.h"

namespace refold::index {
namespace {

using log::Kind;
using log::PreviousState;

constexpr std::uint16_t order_max = std::numeric_limits<std::uint16_t>::max();

bool valid_rev(atproto::Tid rev) { return (rev.value >> 63) == 0; }

}  // namespace

bool is_living(const Head& head) { return head.kind != Kind::remove; }

std::optional<Refusal> refusal_of(const Draft& draft, std::string_view source,
                                  std::int64_t now_us) {
  if (source.size() > log::source_bytes_max || draft.status.size() > log::status_bytes_max ||
      draft.handle.size() > log::handle_bytes_max || draft.kind < Kind::create ||
      draft.kind > Kind::gap) {
    return Refusal::bad_field;
  }
  if (!valid_rev(draft.rev)) return Refusal::bad_rev;
  if (static_cast<std::int64_t>(draft.rev.micros()) > now_us + future_us_max) {
    return Refusal::future_rev;
  }
  if (!log::is_record(draft.kind)) return std::nullopt;
  if (draft.rev.value == 0) return Refusal::bad_rev;
  if (!atproto::valid_nsid(draft.collection)) return Refusal::bad_collection;
  if (!atproto::valid_record_key(draft.rkey)) return Refusal::bad_rkey;
  if (draft.kind != Kind::remove && !draft.cid) return Refusal::no_cid;
  return std::nullopt;
}

Standing compare(const Draft& draft, const std::optional<Head>& head) {
  if (!head || draft.rev > head->rev) return Standing::newer;
  const bool same = draft.rev == head->rev && draft.kind == head->kind &&
                    (draft.kind == Kind::remove || draft.cid == head->cid);
  return same ? Standing::is_head : Standing::earlier;
}

bool goes_on(const Draft& draft, const Head& head) {
  if (draft.rev != head.rev || head.order == order_max) return false;
  return !draft.order || *draft.order >= head.order;
}

bool is_known_state(const Draft& draft, const std::optional<Head>& head) {
  if (head && head->rev > draft.rev) return true;
  const bool living = head && is_living(*head);
  if (draft.kind == Kind::remove) return !living;
  return living && head->cid == draft.cid && !to_be_fetched(*head);
}

std::uint16_t next_order(const Draft& draft, const std::optional<Head>& head) {
  // What a repo has at a rev is what it has behind every operation of that rev.
  if ((draft.flags & log::flag::resync) != 0) return order_max;
  const std::uint16_t asked = draft.order.value_or(0);
  if (!head || draft.rev > head->rev) return asked;
  const auto after = static_cast<std::uint16_t>(std::min<unsigned>(head->order + 1U, order_max));
  return std::max(asked, after);
}

bool has_payload(const Head& head) {
  return is_living(head) && head.missing == log::Missing::no && !head.redacted;
}

void set_previous(log::Event& event, const std::optional<atproto::Cid>& cid,
                  const std::optional<Head>& head, ByteView payload) {
  event.previous_seq = head ? head->seq : 0;
  const bool removes = event.kind == Kind::remove;
  if (!head) {
    event.previous_state = removes ? PreviousState::unknown : PreviousState::none;
    return;
  }
  if (!is_living(*head)) {
    event.previous_state = PreviousState::none;
    if (removes) event.flags |= log::flag::unchanged;
    return;
  }
  if (payload.empty()) {
    event.previous_state = PreviousState::unknown;
    return;
  }
  event.previous_state = PreviousState::known;
  event.previous_record = payload;
  if (removes || cid != head->cid) return;
  event.flags |= log::flag::unchanged;
  if (event.missing != log::Missing::no) {
    event.record = payload;
    event.missing = log::Missing::no;
    event.stored_cid = nullptr;
  }
}

}  // namespace refold::index
