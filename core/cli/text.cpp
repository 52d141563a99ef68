#include "core/cli/text.h"

#include <array>
#include <cmath>
#include <cstdio>

namespace refold::cli {

namespace {

template <class... Values>
std::string format(const char* pattern, Values... values) {
  std::array<char, 64> out{};
  const int size = std::snprintf(out.data(), out.size(), pattern, values...);
  return {out.data(), static_cast<std::size_t>(size)};
}

}  // namespace

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string counted(std::uint64_t number, std::string_view word) {
  return grouped(number) + " " + std::string(word) + (number == 1 ? "" : "s");
}

std::string byte_text(std::uint64_t bytes) {
  if (bytes < 1000) return std::to_string(bytes) + " B";
  constexpr std::array<const char*, 6> units = {"kB", "MB", "GB", "TB", "PB", "EB"};
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  for (; value >= 999.5 && unit + 1 < units.size(); ++unit) value /= 1000;
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return format("%.*f %s", decimals, value, units[unit]);
}

std::string duration_text(double seconds) {
  if (seconds < 9.995) return format("%.2f s", seconds);
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  if (whole < 60) return format("%llu s", static_cast<unsigned long long>(whole));
  const auto minutes = static_cast<unsigned long long>(whole / 60);
  if (minutes < 60) return format("%llu min %llu s", minutes, whole - minutes * 60);
  return format("%llu h %llu min", minutes / 60, minutes % 60);
}

}  // namespace refold::cli
