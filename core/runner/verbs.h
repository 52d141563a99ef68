#pragma once

#include <span>
#include <string_view>

namespace refold::runner {

/// What follows the name of a verb on the command line.
using Arguments = std::span<const std::string_view>;

/// One thing that this program does; each returns the exit status of the process, and is written
/// for one caller of this release, not for people.
///
/// `probe LIBRARY PARENT MEMORY SECONDS`: plugin::examine() within plugin::confine(), with the
/// report on ChildProcess::report_descriptor. Does not return.
int probe(Arguments arguments);

}  // namespace refold::runner
