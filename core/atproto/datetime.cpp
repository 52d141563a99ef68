#include "core/atproto/datetime.h"

#include <array>
#include <cstring>

#include "core/atproto/calendar.h"

namespace refold::atproto {
namespace {

constexpr std::int64_t micros_per_second = 1'000'000;
constexpr std::uint32_t micros_per_minute = 60'000'000;
constexpr std::int64_t seconds_per_day = 86'400;
constexpr std::int64_t micros_per_day = seconds_per_day * micros_per_second;
constexpr std::size_t fraction_digits_max = 20;

constexpr bool is_digit(char character) noexcept { return character >= '0' && character <= '9'; }

/// "00" to "99".
constexpr auto two_digits = [] {
  std::array<char, 200> table{};
  for (std::size_t i = 0; i < 100; ++i) {
    table[2 * i] = static_cast<char>('0' + i / 10);
    table[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return table;
}();

/// Writes a value below 100.
void put_two(char* to, std::uint32_t value) noexcept {
  std::memcpy(to, two_digits.data() + 2 * value, 2);
}

/// Two digits at `text`; `bad` becomes true if they are none.
std::uint32_t two(const char* text, bool& bad) noexcept {
  const auto tens = static_cast<std::uint32_t>(text[0] - '0');
  const auto ones = static_cast<std::uint32_t>(text[1] - '0');
  bad |= tens > 9 || ones > 9;
  return tens * 10 + ones;
}

constexpr std::size_t to_seconds_length = 19;  // "1985-04-12T23:20:50"

/// Reads "1985-04-12T23:20:50" at `text` as seconds since 1970; false if it is no such thing.
bool read_seconds(const char* text, std::int64_t& seconds) noexcept {
  bool bad =
      text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':';
  const std::uint32_t century = two(text, bad);
  const CivilDate date{century * 100 + two(text + 2, bad), two(text + 5, bad), two(text + 8, bad)};
  const std::uint32_t hour = two(text + 11, bad);
  const std::uint32_t minute = two(text + 14, bad);
  const std::uint32_t second = two(text + 17, bad);
  if (bad || hour > 23 || minute > 59 || second > 59 || !exists(date)) return false;
  seconds = days_of(date) * seconds_per_day + hour * 3600 + minute * 60 + second;
  return true;
}

/// Reads "Z", "+07:00" or "-07:00" as the offset in seconds; false if it is no such thing.
bool read_zone(std::string_view text, std::int64_t& offset) noexcept {
  offset = 0;
  if (text == "Z") return true;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return false;
  bool bad = false;
  const std::uint32_t hours = two(text.data() + 1, bad);
  const std::uint32_t minutes = two(text.data() + 4, bad);
  if (bad || hours > 23 || minutes > 59) return false;
  offset = std::int64_t{hours} * 3600 + std::int64_t{minutes} * 60;
  if (text[0] == '-' && offset == 0) return false;
  if (text[0] == '-') offset = -offset;
  return true;
}

}  // namespace

bool valid_datetime(std::string_view text) noexcept { return parse_datetime(text).has_value(); }

std::optional<std::int64_t> parse_datetime(std::string_view text) noexcept {
  std::int64_t seconds = 0;
  if (text.size() <= to_seconds_length || text.size() > datetime_length_max) return std::nullopt;
  if (!read_seconds(text.data(), seconds)) return std::nullopt;
  text.remove_prefix(to_seconds_length);

  std::int64_t fraction = 0;
  if (text[0] == '.') {
    std::size_t digits = 0;
    while (digits + 1 < text.size() && is_digit(text[digits + 1])) ++digits;
    if (digits == 0 || digits > fraction_digits_max) return std::nullopt;
    for (std::size_t i = 1; i <= 6; ++i)
      fraction = fraction * 10 + (i <= digits ? text[i] - '0' : 0);
    text.remove_prefix(digits + 1);
  }
  std::int64_t offset = 0;
  if (!read_zone(text, offset)) return std::nullopt;
  const std::int64_t micros = (seconds - offset) * micros_per_second + fraction;
  if (micros < datetime_micros_min) return std::nullopt;  // the year before 0000, in UTC
  return micros;
}

bool read_exact(std::string_view text, DatetimeForm& form, std::int64_t& micros) noexcept {
  DatetimeForm found;
  switch (text.size()) {
    case 20: found = DatetimeForm::seconds; break;
    case 24: found = DatetimeForm::millis; break;
    case 27: found = DatetimeForm::micros; break;
    case 29: found = DatetimeForm::millis_offset; break;
    default: return false;
  }
  std::int64_t seconds = 0;
  if (!read_seconds(text.data(), seconds)) return false;
  const char* const rest = text.data() + to_seconds_length;
  std::uint32_t fraction = 0;
  bool bad = false;
  switch (found) {
    case DatetimeForm::seconds: bad = rest[0] != 'Z'; break;
    case DatetimeForm::millis:
    case DatetimeForm::millis_offset: {
      const auto hundreds = static_cast<std::uint32_t>(rest[1] - '0');
      bad = rest[0] != '.' || hundreds > 9;
      fraction = (hundreds * 100 + two(rest + 2, bad)) * 1000;
      bad |=
          found == DatetimeForm::millis ? rest[4] != 'Z' : std::memcmp(rest + 4, "+00:00", 6) != 0;
      break;
    }
    case DatetimeForm::micros:
      bad = rest[0] != '.' || rest[7] != 'Z';
      fraction = two(rest + 1, bad) * 10'000;
      fraction += two(rest + 3, bad) * 100;
      fraction += two(rest + 5, bad);
      break;
  }
  if (bad) return false;
  form = found;
  micros = seconds * micros_per_second + fraction;
  return true;
}

std::size_t DatetimeWriter::write(DatetimeForm form, std::int64_t micros, char* out) noexcept {
  // Unsigned from year 0 on: divisions by constants become multiplications, and nothing is
  // negative.
  const auto since_year_0 =
      static_cast<std::uint64_t>(micros) - static_cast<std::uint64_t>(datetime_micros_min);
  const std::uint64_t minute = since_year_0 / std::uint64_t{micros_per_minute};
  if (minute != minute_) write_minute(minute);
  const auto in_minute =
      static_cast<std::uint32_t>(since_year_0 % std::uint64_t{micros_per_minute});
  const std::uint32_t fraction = in_minute % std::uint32_t{micros_per_second};
  std::memcpy(out, text_.data(), text_.size());
  put_two(out + 17, in_minute / std::uint32_t{micros_per_second});
  if (form == DatetimeForm::seconds) {
    out[19] = 'Z';
    return 20;
  }
  out[19] = '.';
  if (form == DatetimeForm::micros) {
    put_two(out + 20, fraction / 10'000);
    put_two(out + 22, fraction / 100 % 100);
    put_two(out + 24, fraction % 100);
    out[26] = 'Z';
    return 27;
  }
  out[20] = static_cast<char>('0' + fraction / 100'000);
  put_two(out + 21, fraction / 1'000 % 100);
  if (form == DatetimeForm::millis) {
    out[23] = 'Z';
    return 24;
  }
  std::memcpy(out + 23, "+00:00", 6);
  return 29;
}

void DatetimeWriter::write_minute(std::uint64_t minute) noexcept {
  constexpr auto days_of_year_0 = static_cast<std::int32_t>(-datetime_micros_min / micros_per_day);
  constexpr std::uint64_t minutes_per_day = 24 * 60;
  const auto in_day = static_cast<std::uint32_t>(minute % minutes_per_day);
  const CivilDate date =
      civil_date(static_cast<std::int32_t>(minute / minutes_per_day) - days_of_year_0);
  char* const out = text_.data();
  std::memcpy(out, "0000-00-00T00:00:", 17);
  put_two(out, date.year / 100 % 100);  // safe for any `minute`
  put_two(out + 2, date.year % 100);
  put_two(out + 5, date.month);
  put_two(out + 8, date.day);
  put_two(out + 11, in_day / 60);
  put_two(out + 14, in_day % 60);
  minute_ = minute;
}

std::size_t write_exact(DatetimeForm form, std::int64_t micros, char* out) noexcept {
  return DatetimeWriter().write(form, micros, out);
}

}  // namespace refold::atproto
