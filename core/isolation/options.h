#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>

namespace refold::isolation {

/// Bounds of the processes in which plugins run: one for each loop, and one for the queries of each
/// generation that was asked something.
struct ProcessOptions {
  /// The program that they run: `refold-runner`. Empty: the one that plugin::find_runner() finds.
  std::filesystem::path runner{};
  /// What one of them may take of memory, what it has mapped of files left out: views and logs are
  /// such. (Memory that is mapped to be shared counts as a file, as in the kernel.) A loop may take
  /// two of its batches more: one that is collected, one that is written (LoopOptions).
  std::size_t memory_bytes_max = std::size_t{1} << 30;
  /// How long one call of create(), apply() or destroy() may take, all that is done before the
  /// first of them, and one query. Then the process is ended.
  std::chrono::milliseconds call_time_max{60'000};
  std::chrono::milliseconds query_time_max{30'000};
  /// How long a call may still take when the loop is to stop, and what a process may do when its
  /// loop has ended. Less than ProjectionsOptions::patience, or commands give up before.
  std::chrono::milliseconds end_time_max{5'000};
  /// Before a loop's process that was ended is started again: each time twice as long.
  std::chrono::milliseconds restart_pause{100};
  std::chrono::milliseconds restart_pause_max{10'000};
  /// How many ends in a row, without a commit in between, count as a failure of the projection. An
  /// event that ends the process when it is applied alone is one at once.
  unsigned ends_max = 5;
};

}  // namespace refold::isolation
