#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace refold::cli {

/// How numbers, sizes and foreign texts are shown to people. Pure functions, any thread.

/// `text` in a form that no terminal acts on: control characters (C0, DEL, C1), characters that
/// change the direction of writing, line separators and bytes that are not UTF-8 become `\xNN` or
/// `\u{NNNN}`, a backslash becomes `\\`. The rest is kept.
[[nodiscard]] std::string escaped(std::string_view text);

/// "12,345,678".
[[nodiscard]] std::string grouped(std::uint64_t number);
/// `grouped` with the word: "1 event", "2 events".
[[nodiscard]] std::string counted(std::uint64_t number, std::string_view word);
/// "981 B", "12.3 kB", "4.56 MB": three digits, decimal units.
[[nodiscard]] std::string byte_text(std::uint64_t bytes);
/// "0.41 s", "12 s", "3 min 5 s", "2 h 10 min".
[[nodiscard]] std::string duration_text(double seconds);
/// "2026-11-22T08:20:49.688001Z"; the microseconds as a number if they are in no four-digit year.
[[nodiscard]] std::string time_text(std::int64_t micros);
/// The same with three digits of fraction.
[[nodiscard]] std::string short_time_text(std::int64_t micros);

}  // namespace refold::cli
