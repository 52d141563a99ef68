#include "core/log/reader.h"

#include <algorithm>
#include <optional>

#include "core/log/tail/rows.h"
#include "core/log/witness_log_impl.h"

namespace refold::log {

/// Lives on the heap: the cursor keeps a reference to the matcher.
struct Reader::State {
  State(const WitnessLog& witness_log, Seq from, Matcher wanted, ReadAhead ahead)
      : log(witness_log.impl()),
        position(std::max<Seq>(from, 1)),
        matcher(std::move(wanted)),
        read_ahead(ahead) {}

  /// The open segment under the position, and where we are in it.
  struct Sealed {
    std::shared_ptr<const Segment> segment;
    bool may_match = false;
    std::optional<SegmentCursor> cursor;
  };

  /// Makes `sealed` the segment that `listed` holds the position in; keeps it if it is that
  /// already.
  Result<void> enter_segment(const SegmentInfo& listed) {
    if (sealed && sealed->segment->info().first == listed.first &&
        sealed->segment->info().rewrite == listed.rewrite) {
      return ok();
    }
    sealed.reset();
    auto opened = log.segments.open(listed);
    // Replaced since the list was read: by one that the newest list names.
    if (opened.has_error() && opened.error().code == Errc::not_found) {
      opened = log.segments.open_at(*log.tail, position);
    }
    if (opened.has_error()) return std::move(opened).error();
    Sealed entered{std::move(*opened), false, std::nullopt};
    entered.may_match = entered.segment->may_match(matcher);
    if (entered.may_match) entered.cursor.emplace(entered.segment, matcher, read_ahead);
    sealed = std::move(entered);
    return ok();
  }

  Result<bool> next(Page& page) {
    SegmentInfo listed;
    {
      REFOLD_TRY(const TailReadTxn txn, log.tail->read());
      if (position > txn.state().last) return false;
      if (position > txn.state().sealed_last) {
        sealed.reset();
        REFOLD_CHECK(read_rows(txn, txn.state().last, matcher, page));
        return true;
      }
      REFOLD_TRY(const auto list, log.segments.list(txn));
      listed = *find_segment(*list, position);
    }
    REFOLD_CHECK(enter_segment(listed));
    if (!sealed->may_match) {
      page.next = sealed->segment->info().last + 1;
      return true;
    }
    REFOLD_CHECK(sealed->cursor->read(page));
    return true;
  }

  WitnessLog::Impl& log;
  Seq position;
  const Matcher matcher;
  const ReadAhead read_ahead;
  std::optional<Sealed> sealed;
};

Reader::Reader(const WitnessLog& log, Seq from, Matcher matcher, ReadAhead read_ahead)
    : state_(std::make_unique<State>(log, from, std::move(matcher), read_ahead)) {}
Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

Result<bool> Reader::next(Page& page) {
  page.clear();
  page.next = state_->position;
  auto more = state_->next(page);
  if (more.has_error()) {
    page.clear();
    page.next = state_->position;
    return more;
  }
  state_->position = page.next;
  return more;
}

Seq Reader::position() const noexcept { return state_->position; }

void Reader::seek(Seq from) { state_->position = std::max<Seq>(from, 1); }

}  // namespace refold::log
