#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/atproto/time_text.h"
#include "core/base/characters.h"

namespace refold::cli {

/// How numbers, sizes and times are shown to people; foreign texts: escaped(). Pure functions, any
/// thread.

/// "12,345,678".
[[nodiscard]] std::string grouped(std::uint64_t number);
/// `grouped` with the word: "1 event", "2 events".
[[nodiscard]] std::string counted(std::uint64_t number, std::string_view word);
/// "981 B", "12.3 kB", "4.56 MB": three digits, decimal units.
[[nodiscard]] std::string byte_text(std::uint64_t bytes);
/// "0.41 s", "12 s", "3 min 5 s", "2 h 10 min".
[[nodiscard]] std::string duration_text(double seconds);
using atproto::short_time_text;
using atproto::time_text;

}  // namespace refold::cli
