#pragma once

#include <string_view>

#include "core/log/event.h"

namespace refold::log {

/// What a record event means for a fold, derived from the operation and the head it met.
enum class Change : std::uint8_t {
  none,      ///< late, redacted, or it changed nothing: delivered to `history` readers only
  added,     ///< no previous; `record` is new
  replaced,  ///< `previous_record` gives way to `record`
  removed,   ///< `previous_record`, if known, is gone
};
[[nodiscard]] std::string_view name(Change change) noexcept;

/// The table "the wire says / the head is / the projection sees" of the architecture.
/// Precondition: is_record(event.kind).
[[nodiscard]] Change change_of(const Event& event) noexcept;

/// Whether a reader that did not ask for the history is given this event.
[[nodiscard]] bool counts(const Event& event) noexcept;

}  // namespace refold::log
