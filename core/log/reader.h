#pragma once

#include <memory>

#include "core/base/result.h"
#include "core/log/filter.h"
#include "core/log/page.h"
#include "core/log/segment/segment.h"
#include "core/log/witness_log.h"

namespace refold::log {

/// Reads the witness log forward, a page at a time, in seq order and without gaps.
///
/// A reader holds no transaction between calls, so it may rest for as long as it likes without
/// making the log grow. It sees everything that was durable when a page was read. One thread at a
/// time; any number of readers, in any process, while the writer writes. The log outlives it.
class Reader {
 public:
  /// Starts at the first event with a seq of at least `from`.
  Reader(const WitnessLog& log, Seq from, Matcher matcher, ReadAhead read_ahead = ReadAhead::no);
  ~Reader();
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;

  /// Empties `page` and fills it with the next events that pass the filter, at most
  /// page_events_max of them. A page may be empty of events and still have moved `page.next`
  /// (everything passed over was filtered out). Returns false at the end of the log: nothing was
  /// passed over either, and page.next is the seq to wait for.
  ///
  /// Errors: `corrupt` names the seq, the file and the checksums; the reader stays where it was.
  [[nodiscard]] Result<bool> next(Page& page);

  [[nodiscard]] Seq position() const noexcept;
  void seek(Seq from);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace refold::log
