#include "core/log/change.h"

namespace refold::log {

std::string_view name(Change change) noexcept {
  switch (change) {
    case Change::none: return "none";
    case Change::added: return "added";
    case Change::replaced: return "replaced";
    case Change::removed: return "removed";
  }
  return "unknown";
}

Change change_of(const Event& event) noexcept {
  if (event.has(flag::late | flag::redacted | flag::unchanged)) return Change::none;
  const bool takes_back = event.previous_state == PreviousState::known;
  if (event.kind == Kind::remove) {
    return event.previous_state == PreviousState::none ? Change::none : Change::removed;
  }
  if (event.missing != Missing::no) return takes_back ? Change::removed : Change::none;
  return takes_back ? Change::replaced : Change::added;
}

bool counts(const Event& event) noexcept {
  if (is_record(event.kind)) return change_of(event) != Change::none;
  return !event.has(flag::late);
}

}  // namespace refold::log
