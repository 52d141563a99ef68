#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/result.h"
#include "core/log/event.h"
#include "core/log/witness_log.h"

namespace refold::cli {

/// A place in the log as the user writes it: a seq, or a witness time.
struct Place {
  bool is_time = false;
  log::Seq seq = 0;
  std::int64_t witness_us = 0;
};

/// Reads a seq ("12281"), microseconds since 1970 (from 10^15 on, which is 2001), a datetime
/// ("2026-11-22T08:20:49Z"), or a time before `now_us` ("-90s", "-15m", "-2h", "-7d").
/// Errors: `invalid` names the text and the forms.
[[nodiscard]] Result<Place> parse_place(std::string_view text, std::int64_t now_us);

/// The first seq of the log at this place or after it.
[[nodiscard]] Result<log::Seq> first_seq(const log::WitnessLog& log, const Place& place);
/// The last seq of the log at this place or before it; 0 if there is none.
[[nodiscard]] Result<log::Seq> last_seq(const log::WitnessLog& log, const Place& place);

}  // namespace refold::cli
