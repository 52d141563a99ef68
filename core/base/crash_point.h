#pragma once

#include <string_view>

namespace refold {

/// A place where a crash matters, named for the tests: "seal.renamed".
///
/// Does nothing, unless the environment variable REFOLD_CRASH_AT is "<name>" or "<name>:<n>": then
/// the process kills itself (SIGKILL: no destructors, no flushes) at the n-th pass of that point.
void crash_point(std::string_view name) noexcept;

}  // namespace refold
