#pragma once

#include <cstdint>
#include <string>

namespace refold::atproto {

/// Instants for people and in JSON. Pure functions, any thread.

/// "2026-11-22T08:20:49.688001Z"; the microseconds as a number if they are in no four-digit year.
[[nodiscard]] std::string time_text(std::int64_t micros);
/// The same with three digits of fraction.
[[nodiscard]] std::string short_time_text(std::int64_t micros);

}  // namespace refold::atproto
