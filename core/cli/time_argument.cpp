#include "core/cli/time_argument.h"

#include <charconv>
#include <chrono>
#include <optional>

#include "core/atproto/datetime.h"
#include "core/atproto/quote.h"

namespace refold::cli {

namespace {

/// No log has this many events, and no time of interest is before 2001.
constexpr std::uint64_t first_time_us = 1'000'000'000'000'000;
constexpr std::int64_t second_us = 1'000'000;

std::optional<std::uint64_t> read_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::int64_t unit_us(char unit) {
  switch (unit) {
    case 's': return second_us;
    case 'm': return 60 * second_us;
    case 'h': return 3600 * second_us;
    case 'd': return 86'400 * second_us;
    default: return 0;
  }
}

/// "2h" -> microseconds; at most a hundred years.
std::optional<std::int64_t> read_span(std::string_view text) {
  constexpr std::int64_t span_us_max = std::int64_t{36'500} * 86'400 * second_us;
  if (text.size() < 2 || unit_us(text.back()) == 0) return std::nullopt;
  const auto unit = unit_us(text.back());
  const auto count = read_number(text.substr(0, text.size() - 1));
  if (!count || *count > static_cast<std::uint64_t>(span_us_max / unit)) return std::nullopt;
  return static_cast<std::int64_t>(*count) * unit;
}

}  // namespace

Result<Place> parse_place(std::string_view text, std::int64_t now_us) {
  if (const auto number = read_number(text)) {
    if (*number < first_time_us) return Place{.seq = *number};
    if (*number <= static_cast<std::uint64_t>(atproto::datetime_micros_max)) {
      return Place{.is_time = true, .witness_us = static_cast<std::int64_t>(*number)};
    }
  } else if (text.starts_with('-')) {
    if (const auto span = read_span(text.substr(1))) {
      return Place{.is_time = true, .witness_us = now_us - *span};
    }
  } else if (const auto micros = atproto::parse_datetime(text)) {
    return Place{.is_time = true, .witness_us = *micros};
  }
  return Error{Errc::invalid, atproto::quoted(text) +
                                  " is neither a seq (12281) nor a time (2026-11-22T08:20:49Z, "
                                  "microseconds since 1970, or -90s, -15m, -2h, -7d)"};
}

Result<log::Seq> first_seq(const log::WitnessLog& log, const Place& place) {
  if (!place.is_time) return std::max<log::Seq>(place.seq, 1);
  return log.first_witnessed_at(place.witness_us);
}

Result<log::Seq> last_seq(const log::WitnessLog& log, const Place& place) {
  if (!place.is_time) return place.seq;
  REFOLD_TRY(const log::Seq after, log.first_witnessed_at(place.witness_us + 1));
  return after - 1;
}

}  // namespace refold::cli
