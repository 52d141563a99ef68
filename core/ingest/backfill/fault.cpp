#include "core/ingest/backfill/fault.h"

namespace refold::ingest {

std::string_view name(Fault fault) noexcept {
  switch (fault) {
    case Fault::not_found: return "not_found";
    case Fault::deactivated: return "deactivated";
    case Fault::taken_down: return "taken_down";
    case Fault::suspended: return "suspended";
    case Fault::inactive: return "inactive";
    case Fault::refused: return "refused";
    case Fault::rate_limited: return "rate_limited";
    case Fault::unavailable: return "unavailable";
    case Fault::unreachable: return "unreachable";
    case Fault::too_large: return "too_large";
    case Fault::no_host: return "no_host";
    case Fault::bad_answer: return "bad_answer";
    case Fault::bad_archive: return "bad_archive";
    case Fault::deleted: return "deleted";
    case Fault::stopped: return "stopped";
    case Fault::failed: return "failed";
    case Fault::later: return "later";
  }
  return "unknown";
}

}  // namespace refold::ingest
