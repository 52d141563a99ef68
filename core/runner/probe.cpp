#include <unistd.h>

#include "core/plugin/child_process.h"
#include "core/plugin/confine.h"
#include "core/plugin/examine.h"
#include "core/runner/verbs.h"

namespace refold::runner {
int probe(Arguments arguments) {
  plugin::Confinement limits;
  if (arguments.size() != 4 || !read_number(arguments[1], limits.parent) ||
      !read_number(arguments[2], limits.memory_bytes_max) ||
      !read_number(arguments[3], limits.processor_seconds_max)) {
    return wrong_arguments;
  }
  const plugin::ReportWriter report(plugin::ChildProcess::channel_descriptor);
  if (const auto confined = plugin::confine(limits); confined.has_error()) {
    report.end(Error{Errc::io, "it was not probed: " + confined.error().message});
  } else {
    plugin::examine(arguments[0], report);
  }
  ::_exit(0);  // no destructors: what the plugin has left behind is not to run
}

}  // namespace refold::runner
