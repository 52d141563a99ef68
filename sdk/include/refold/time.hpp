#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "refold/detail/syntax.hpp"

namespace refold {

/// A moment, in microseconds since 1970 UTC.
using Time = std::chrono::sys_time<std::chrono::microseconds>;

namespace detail {

/// Two digits at `text`; `bad` becomes true if they are none.
constexpr unsigned two_digits(const char* text, bool& bad) noexcept {
  bad = bad || !is_digit(text[0]) || !is_digit(text[1]);
  return static_cast<unsigned>(text[0] - '0') * 10 + static_cast<unsigned>(text[1] - '0');
}

/// Reads "1985-04-12T23:20:50".
inline bool read_seconds(const char* text, std::chrono::sys_seconds& seconds) noexcept {
  using namespace std::chrono;
  bool bad =
      text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':';
  const unsigned century = two_digits(text, bad);
  const year_month_day date{year(static_cast<int>(century * 100 + two_digits(text + 2, bad))),
                            month(two_digits(text + 5, bad)), day(two_digits(text + 8, bad))};
  const unsigned hour = two_digits(text + 11, bad);
  const unsigned minute = two_digits(text + 14, bad);
  const unsigned second = two_digits(text + 17, bad);
  if (bad || hour > 23 || minute > 59 || second > 59 || !date.ok()) return false;
  seconds = sys_days(date) + hours(hour) + minutes(minute) + std::chrono::seconds(second);
  return true;
}

/// Reads "Z", "+07:00" or "-07:00"; "-00:00" is none.
inline bool read_zone(std::string_view text, std::chrono::minutes& offset) noexcept {
  offset = {};
  if (text == "Z") return true;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return false;
  bool bad = false;
  const unsigned hours = two_digits(text.data() + 1, bad);
  const unsigned minutes = two_digits(text.data() + 4, bad);
  if (bad || hours > 23 || minutes > 59) return false;
  offset = std::chrono::hours(hours) + std::chrono::minutes(minutes);
  if (text[0] == '+') return true;
  offset = -offset;
  return offset.count() != 0;
}

}  // namespace detail

/// Reads a datetime as the AT Protocol writes it: "2026-01-31T12:00:00.123Z", or with an offset
/// instead of the Z. None for anything else, and for days that no calendar has. What is finer than
/// a microsecond is cut off.
[[nodiscard]] inline std::optional<Time> parse_time(std::string_view text) noexcept {
  constexpr std::size_t to_seconds = 19;
  std::chrono::sys_seconds seconds;
  if (text.size() <= to_seconds || text.size() > 64) return std::nullopt;
  if (!detail::read_seconds(text.data(), seconds)) return std::nullopt;
  text.remove_prefix(to_seconds);
  std::int64_t fraction = 0;
  if (text[0] == '.') {
    std::size_t digits = 0;
    while (digits + 1 < text.size() && detail::is_digit(text[digits + 1])) ++digits;
    if (digits == 0 || digits > 20) return std::nullopt;
    for (std::size_t i = 1; i <= 6; ++i) {
      fraction = fraction * 10 + (i <= digits ? text[i] - '0' : 0);
    }
    text.remove_prefix(digits + 1);
  }
  std::chrono::minutes offset{};
  if (!detail::read_zone(text, offset)) return std::nullopt;
  const Time time = seconds - offset + std::chrono::microseconds(fraction);
  using std::chrono::January;
  if (time < std::chrono::sys_days(std::chrono::year(0) / January / 1)) return std::nullopt;
  return time;
}

/// "2026-01-31T12:00:00.000000Z"; microseconds in digits if the year has more than four.
[[nodiscard]] inline std::string to_text(Time time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  if (time < Time(sys_days(year(0) / January / 1)) ||
      time >= Time(sys_days(year(10000) / January / 1))) {
    return std::to_string(time.time_since_epoch().count());
  }
  const year_month_day date(day);
  std::string text = "0000-00-00T00:00:00.000000Z";
  const auto put = [&text](std::size_t last, std::int64_t value) {
    for (; value > 0; value /= 10, --last) text[last] = static_cast<char>('0' + value % 10);
  };
  const std::int64_t micros = (time - day).count();
  put(3, int(date.year()));
  put(6, unsigned(date.month()));
  put(9, unsigned(date.day()));
  put(12, micros / 3'600'000'000);
  put(15, micros / 60'000'000 % 60);
  put(18, micros / 1'000'000 % 60);
  put(25, micros % 1'000'000);
  return text;
}

/// A datetime as a record has it. Clients write all sorts of things there: any text is kept as it
/// is, and time() says what it means, if anything.
struct Datetime {
  std::string text;

  /// None if the text is no datetime.
  [[nodiscard]] std::optional<Time> time() const noexcept { return parse_time(text); }

  friend bool operator==(const Datetime&, const Datetime&) = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(text);
  }
};

}  // namespace refold
