#pragma once

namespace refold::cli {

/// Exit statuses; docs/cli.md lists them.
enum class Exit : int {
  ok = 0,
  failed = 1,         ///< the command could not do what was asked; a sentence on stderr says why
  usage = 2,          ///< the arguments make no sense
  refused = 3,        ///< done, but some of the input was refused
  interrupted = 130,  ///< ended by Ctrl-C, in good order
};

}  // namespace refold::cli
