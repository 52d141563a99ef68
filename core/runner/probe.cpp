#include <unistd.h>

#include <charconv>
#include <cstdint>

#include "core/plugin/child_process.h"
#include "core/plugin/confine.h"
#include "core/plugin/examine.h"
#include "core/runner/verbs.h"

namespace refold::runner {
namespace {

constexpr int wrong_arguments = 2;

template <class Integer>
bool read_number(std::string_view text, Integer& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

int probe(Arguments arguments) {
  plugin::Confinement limits;
  if (arguments.size() != 4 || !read_number(arguments[1], limits.parent) ||
      !read_number(arguments[2], limits.memory_bytes_max) ||
      !read_number(arguments[3], limits.processor_seconds_max)) {
    return wrong_arguments;
  }
  const plugin::ReportWriter report(plugin::ChildProcess::report_descriptor);
  if (const auto confined = plugin::confine(limits); confined.has_error()) {
    report.end(Error{Errc::io, "it was not probed: " + confined.error().message});
  } else {
    plugin::examine(arguments[0], report);
  }
  ::_exit(0);  // no destructors: what the plugin has left behind is not to run
}

}  // namespace refold::runner
