// Works, but can never be unloaded: it is linked without a version script, and has a symbol that
// the system's loader makes unique in the process.
#include <refold/abi.h>

struct Counter {
  static inline int made = 0;
};
template <class T>
int& one_per_process() {
  static int value = 0;
  return value;
}

static refold_result start(const refold_host* /*host*/) {
  ++Counter::made;
  return ++one_per_process<Counter>() < 0 ? REFOLD_FAILED : REFOLD_OK;
}
#define PLUGIN_START start
#include "plugin.h"
