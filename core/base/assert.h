#pragma once

#include <cstdio>
#include <cstdlib>

/// Ends the process with `sentence` and the place if `condition` is false. For bugs of this program
/// only (bad input is an Error), and kept in release builds.
#define REFOLD_ASSERT(condition, sentence)                                             \
  do {                                                                                 \
    if (__builtin_expect(!(condition), 0)) {                                           \
      std::fprintf(stderr, "refold: bug: %s (%s:%d)\n", sentence, __FILE__, __LINE__); \
      std::abort();                                                                    \
    }                                                                                  \
  } while (false)
