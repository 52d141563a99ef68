#pragma once

#include <cstdint>

namespace refold::atproto {

/// The proleptic Gregorian calendar for the years 0 to 9999, after C. Neri and L. Schneider,
/// "Euclidean affine functions and their application to calendar algorithms" (2022): years start in
/// March, and divisions are multiplications.

struct CivilDate {
  std::uint32_t year;
  std::uint32_t month;  ///< 1 to 12
  std::uint32_t day;    ///< 1 to 31
};

/// Days from 1 March of the year -400 to 1970: a cycle of 400 years more, so nothing is negative.
constexpr std::uint32_t days_to_1970 = 719'468 + 146'097;

/// Days since 1970 -> date. `days` must belong to the years 0 to 9999.
[[nodiscard]] constexpr CivilDate civil_date(std::int32_t days) noexcept {
  const std::uint32_t quarter_days = 4 * (static_cast<std::uint32_t>(days) + days_to_1970) + 3;
  const std::uint32_t century = quarter_days / 146'097;
  const std::uint32_t quarter_days_of_century = (quarter_days % 146'097) | 3;
  const std::uint64_t scaled = std::uint64_t{2'939'745} * quarter_days_of_century;
  const auto year_of_century = static_cast<std::uint32_t>(scaled >> 32);
  const std::uint32_t day_of_year = static_cast<std::uint32_t>(scaled) / 2'939'745 / 4;
  const std::uint32_t month_day = 2'141 * day_of_year + 197'913;
  const std::uint32_t month = month_day >> 16;  // 3 is March, 14 is February
  const std::uint32_t after_december = day_of_year >= 306 ? 1 : 0;
  return {100 * century + year_of_century - 400 + after_december, month - 12 * after_december,
          (month_day & 0xffff) / 2'141 + 1};
}

/// Date -> days since 1970. The date must exist.
[[nodiscard]] constexpr std::int32_t days_of(CivilDate date) noexcept {
  const std::uint32_t year = date.year + 400 - (date.month <= 2 ? 1 : 0);
  const std::uint32_t era = year / 400;
  const std::uint32_t year_of_era = year % 400;
  const std::uint32_t month = date.month > 2 ? date.month - 3 : date.month + 9;
  const std::uint32_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
  const std::uint32_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return static_cast<std::int32_t>(era * 146'097 + day_of_era - days_to_1970);
}

[[nodiscard]] constexpr bool leap_year(std::uint32_t year) noexcept {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/// Whether the calendar has this date.
[[nodiscard]] constexpr bool exists(CivilDate date) noexcept {
  constexpr std::uint8_t days[13] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (date.month < 1 || date.month > 12 || date.day < 1) return false;
  return date.day <= days[date.month] + (date.month == 2 && leap_year(date.year) ? 1U : 0U);
}

}  // namespace refold::atproto
