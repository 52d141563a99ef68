// Fails to start, and says why; then crashes when it is unloaded.
#include "crash.h"
#include "event.h"

namespace {

struct Crashes {
  ~Crashes() { crash(); }
} crashes;

refold_result start(const refold_host* host) { return plugin_fails(host, "out of beans"); }

}  // namespace

#define PLUGIN_START start
#include "plugin.h"
