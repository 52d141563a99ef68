#pragma once

#include <refold/abi.h>

#include <string>
#include <string_view>
#include <type_traits>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace refold::plugin {

/// Bytes for a plugin to look at, as long as they are there.
[[nodiscard]] inline refold_bytes to_abi(ByteView view) noexcept {
  return {view.data(), view.size()};
}
[[nodiscard]] inline refold_bytes to_abi(std::string_view text) noexcept {
  return {text.data(), text.size()};
}

/// What came out of the function of a plugin, in a sentence. Only while an exception is handled.
[[nodiscard]] Error thrown(std::string_view function);

/// Calls into a plugin. No exception may cross the boundary: one that does is an Error (`invalid`),
/// and nothing of it is left that could outlive the plugin. `function` is what messages call it:
/// "start()".
template <class Call>
[[nodiscard]] Result<std::invoke_result_t<Call>> contained(std::string_view function, Call&& call) {
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<Call>>) {
      call();
      return ok();
    } else {
      return call();
    }
  } catch (...) {
    return thrown(function);
  }
}

/// Nothing if `result` is REFOLD_OK, else an Error (`invalid`) with what the plugin `said` by
/// host->fail(), in a form that no terminal acts on. That it said nothing is its fault, and so is a
/// result that there is none of.
[[nodiscard]] Result<void> outcome(std::string_view function, refold_result result,
                                   std::string_view said);

/// At most this much of a sentence by a plugin is kept.
inline constexpr std::size_t said_bytes_max = 1000;
/// A text that a plugin hands over, cut off there.
[[nodiscard]] std::string said_text(refold_bytes text);

}  // namespace refold::plugin
