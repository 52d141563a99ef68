#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace refold::atproto {

/// Datetimes as the AT Protocol writes them (specs/lexicon, `datetime`): the intersection of RFC
/// 3339, ISO 8601 and WHATWG HTML. Upper-case T and Z, four digits of year, seconds and a time zone
/// always, no "-00:00", at most 20 digits of fraction. Beyond the syntax, the instant must exist:
/// no month 13, no 30 February, no second 60, no year before 0 in UTC.
constexpr std::size_t datetime_length_max = 64;

/// Exactly what parse_datetime reads.
[[nodiscard]] bool valid_datetime(std::string_view text) noexcept;

/// The instant in microseconds since 1970 UTC, cut off (not rounded) after the sixth digit of the
/// fraction. None if `text` is not a valid datetime.
[[nodiscard]] std::optional<std::int64_t> parse_datetime(std::string_view text) noexcept;

/// The forms that clients write most, for code that stores datetimes as numbers.
enum class DatetimeForm : std::uint8_t {
  seconds,       ///< 2026-11-22T08:20:53Z
  millis,        ///< 2026-11-22T08:20:53.041Z (JavaScript)
  micros,        ///< 2026-11-22T08:20:53.041097Z
  millis_offset  ///< 2026-11-22T08:20:53.041+00:00
};
constexpr std::size_t datetime_forms = 4;
/// The longest text of write_exact.
constexpr std::size_t datetime_exact_length_max = 29;
/// The instants that have a four-digit year: 0000-01-01T00:00:00Z up to
/// 9999-12-31T23:59:59.999999Z.
constexpr std::int64_t datetime_micros_min = -62'167'219'200'000'000;
constexpr std::int64_t datetime_micros_max = 253'402'300'799'999'999;

/// Reads a text that write_exact(form, micros) gives back to the last byte; false (and the results
/// as they were) for every other text, even if it is a valid datetime.
[[nodiscard]] bool read_exact(std::string_view text, DatetimeForm& form,
                              std::int64_t& micros) noexcept;

/// Writes an instant in one form and returns its length. Digits that the form has no place for are
/// cut off. `out` has room for datetime_exact_length_max; `micros` lies between the bounds above,
/// or the text is meaningless (but of the right length).
std::size_t write_exact(DatetimeForm form, std::int64_t micros, char* out) noexcept;

/// write_exact for many instants, most of which are close to the one before: the text of the last
/// minute is kept. One thread.
class DatetimeWriter {
 public:
  std::size_t write(DatetimeForm form, std::int64_t micros, char* out) noexcept;

 private:
  void write_minute(std::uint64_t minute) noexcept;

  std::uint64_t minute_ = UINT64_MAX;  // since the year 0
  std::array<char, 17> text_{};        // of that minute: "1985-04-12T23:20:"
};

}  // namespace refold::atproto
