#pragma once

#include <charconv>
#include <span>
#include <string_view>

namespace refold::runner {

/// What follows the name of a verb on the command line.
using Arguments = std::span<const std::string_view>;

/// One thing that this program does; each returns the exit status of the process, and is written
/// for one caller of this release, not for people.
///
/// `probe LIBRARY PARENT MEMORY SECONDS`: plugin::examine() within plugin::confine(), with the
/// report on ChildProcess::channel_descriptor. Does not return.
int probe(Arguments arguments);
/// `fold PARENT MEMORY`, `answer PARENT MEMORY`: isolation::serve_loop() and serve_queries() within
/// plugin::confine(), with the engine at ChildProcess::channel_descriptor. Do not return.
int fold(Arguments arguments);
int answer(Arguments arguments);

inline constexpr int wrong_arguments = 2;

template <class Integer>
[[nodiscard]] bool read_number(std::string_view text, Integer& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace refold::runner
