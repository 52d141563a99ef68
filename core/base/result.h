#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace refold {

/// What kind of failure an Error is: what a caller can decide by. The message is for people.
enum class Errc : std::uint8_t {
  invalid,       ///< the input breaks a rule; the message names the rule and the value
  too_large,     ///< a length or count is over its limit; the message names both
  not_found,     ///< the thing named does not exist
  corrupt,       ///< our own data does not match its checksum, CID or digest
  busy,          ///< another process or thread holds it
  newer_format,  ///< written by a newer version of this program
  io,            ///< the operating system refused (its text is in the message)
  no_space,      ///< the disk or the map is full
  closed,        ///< the thing was closed, or is closing
  timeout,       ///< the deadline passed
  unsupported,   ///< a valid request that this build or state cannot serve
};

/// The name of an error code, as it appears in JSON output: "invalid", "too_large", ...
[[nodiscard]] std::string_view name(Errc code) noexcept;

/// A failure: its kind, and a sentence that names the thing, the value and the remedy.
struct Error {
  Errc code{};
  std::string message;
};

/// Input that breaks a rule.
[[nodiscard]] inline Error invalid(std::string message) {
  return {Errc::invalid, std::move(message)};
}

/// The failure with "what: " put before its message, for callers that know more of the thing.
[[nodiscard]] Error within(std::string_view what, Error error);

/// An `io` (or `no_space`) Error for `errno_value`: "cannot WHAT: Permission denied".
[[nodiscard]] Error system_error(std::string_view what, int errno_value);

/// Thrown by Result::value() on a failure that nobody looked at: a bug, or a test.
class BadResult : public std::runtime_error {
 public:
  explicit BadResult(const Error& error) : std::runtime_error(error.message) {}
};

[[noreturn]] inline void throw_exception_from_error(const Error& error,
                                                    const boost::source_location& /*where*/) {
  throw BadResult(error);
}

/// Expected failures are values: a T, or an Error.
template <class T>
using Result = boost::system::result<T, Error>;

/// A success without a value: `return ok();`.
[[nodiscard]] inline Result<void> ok() { return {}; }

}  // namespace refold

/// Returns the Error of `expression` from this function, or goes on.
#define REFOLD_CHECK(expression)                                      \
  do {                                                                \
    if (auto refold_result = (expression); refold_result.has_error()) \
      return std::move(refold_result).error();                        \
  } while (false)

#define REFOLD_JOIN_(a, b) a##b
#define REFOLD_JOIN(a, b) REFOLD_JOIN_(a, b)
#define REFOLD_TRY_(name, declaration, expression)      \
  auto name = (expression);                             \
  if (name.has_error()) return std::move(name).error(); \
  declaration = std::move(*name)

/// Declares a variable with the value of `expression`, or returns its Error from this function:
/// `REFOLD_TRY(auto row, tail.get(seq));`
#define REFOLD_TRY(declaration, expression) \
  REFOLD_TRY_(REFOLD_JOIN(refold_result_, __LINE__), declaration, expression)
