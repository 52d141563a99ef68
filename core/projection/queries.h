#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace refold::projection {

/// Which rows of a table are shown.
struct RowRequest {
  std::uint32_t table = 0;
  Bytes from;   ///< empty: from the first
  Bytes until;  ///< not included; empty: to the last
  bool backwards = false;
  std::size_t count_max = 100;
  /// The last text that comes is no row, but the `from` (forwards) or `until` (backwards) for the
  /// rows that follow, in hexadecimal; empty: there are none.
  bool tell_next = false;
};

/// Who waits for an answer without a thread of its own. Called on the thread that answers, and must
/// not block it.
class Asker {
 public:
  virtual ~Asker() = default;
  /// Whether the answer is still wanted: called once, before the work begins. False: it is not
  /// done, and nothing more is called.
  [[nodiscard]] virtual bool wanted() = 0;
  /// Told once. `texts`: the rows, or the one answer of a query.
  virtual void answer(Result<std::vector<std::string>> texts) = 0;
};
using AskerPointer = std::shared_ptr<Asker>;

/// What is said at the deadline of a query or of `rows` (`what`), that had `begun` or had not.
[[nodiscard]] Error late_answer(const std::string& what, bool begun);

/// Answers queries of one generation with one piece of code, somewhere: on a thread of this
/// process, or in another one. Any thread.
class Queries {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  virtual ~Queries() = default;

  /// Makes the instance that answers, if there is none yet: to see that it can be made. Errors:
  /// what the plugin said; `timeout`.
  [[nodiscard]] virtual Result<void> prepare(Deadline deadline) = 0;
  /// The answer of the code's query with this index, on one moment of the view: JSON. `arguments`:
  /// canonical, one for each parameter. Errors: `invalid` with what the plugin said or did; `busy`
  /// if too many wait; `timeout`; `closed`; those of the view.
  [[nodiscard]] virtual Result<std::string> run(std::uint32_t query,
                                                std::vector<std::string> arguments,
                                                Deadline deadline) = 0;
  /// Rows, each as a JSON object for people: {"key":...,"row":...}, or {"hex":{"key":..,"row":..}}
  /// where the plugin does not describe it. Errors: as run().
  [[nodiscard]] virtual Result<std::vector<std::string>> rows(RowRequest request,
                                                              Deadline deadline) = 0;
  /// The same for somebody who does not wait here. An Error, `busy` or `closed`: nothing was begun,
  /// and `asker` is told nothing. Else it is told, unless what answers hangs.
  [[nodiscard]] virtual Result<void> run_for(AskerPointer asker, std::uint32_t query,
                                             std::vector<std::string> arguments) = 0;
  [[nodiscard]] virtual Result<void> rows_for(AskerPointer asker, RowRequest request) = 0;
  /// Refuses further calls (`closed`), waits until none is under way, and lets go of the code and
  /// the view. False at the deadline: a query does not return.
  [[nodiscard]] virtual bool close(Deadline deadline) = 0;
};

}  // namespace refold::projection
