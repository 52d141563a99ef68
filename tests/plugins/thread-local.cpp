// Works, and has thread_locals with destructors on every thread that it is called on: they pin a
// library until the thread ends.
#include <refold/abi.h>

#include <string>

static std::string& touched() {
  thread_local std::string text(100, 'x');
  text[0] = 'y';
  return text;
}

namespace {
struct Global {
  Global() { touched(); }
};
const Global global;
}  // namespace

static refold_result start(const refold_host* /*host*/) {
  return touched().empty() ? REFOLD_FAILED : REFOLD_OK;
}
static void stop() { touched(); }
static refold_result create(const refold_host* /*host*/, void** self) {
  *self = nullptr;
  return touched().empty() ? REFOLD_FAILED : REFOLD_OK;
}
#define PLUGIN_START start
#define PLUGIN_STOP stop
#define PLUGIN_CREATE create
#include "plugin.h"
