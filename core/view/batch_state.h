#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <string_view>
#include <thread>

#include "core/view/batch.h"
#include "core/view/changes.h"
#include "core/view/rows.h"
#include "core/view/view_impl.h"

namespace refold::view {

struct Batch::State {
  explicit State(View::Impl& of);
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  View::Impl& view;
  Changes changes;
  std::optional<Rows> rows;  ///< of the last commit, from the first look at them to the next commit

  // A commit that was begun.
  Changes leaving;  ///< what it writes: below `changes`, above `rows`. Only read meanwhile
  std::map<std::uint32_t, Changes::Ordered> leaving_ordered;  ///< by table, for scans
  std::optional<Checkpoint> leaving_to;                       ///< none: there is no such commit
  std::thread writer;
  std::atomic<bool> written{false};  ///< it went well
  Result<void> outcome = ok();       ///< of the thread, when it has ended

  std::size_t scans = 0;  ///< that are going on
  Error error;

  [[nodiscard]] const Changes::Ordered& ordered_leaving(std::uint32_t table);
  [[nodiscard]] Result<void> write(const Changes& what, const Checkpoint& checkpoint) const;
  void join();
  void forget_leaving();

  /// These set `error` if they say no.
  [[nodiscard]] bool fits(std::uint32_t table, ByteView key);
  [[nodiscard]] bool writes();
  [[nodiscard]] bool open_rows();
  Row too_large(std::string_view what, std::size_t bytes, std::size_t bytes_max);
};

}  // namespace refold::view
