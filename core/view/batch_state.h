#pragma once

#include <optional>
#include <string_view>

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
  std::size_t scans = 0;     ///< that are going on
  Error error;

  /// These set `error` if they say no.
  [[nodiscard]] bool fits(std::uint32_t table, ByteView key);
  [[nodiscard]] bool writes();
  [[nodiscard]] bool open_rows();
  Row too_large(std::string_view what, std::size_t bytes, std::size_t bytes_max);
};

}  // namespace refold::view
