#include <unistd.h>

#include "core/base/memory.h"
#include "core/isolation/messages.h"
#include "core/isolation/serve.h"
#include "core/plugin/child_process.h"
#include "core/plugin/confine.h"
#include "core/runner/verbs.h"

namespace refold::runner {
namespace {

using isolation::EngineChannel;
using plugin::ChildProcess;

template <class Serve>
int serve(Arguments arguments, const Serve& work) {
  plugin::Confinement limits;
  limits.works_with_files = true;
  if (arguments.size() != 2 || !read_number(arguments[0], limits.parent) ||
      !read_number(arguments[1], limits.memory_bytes_max)) {
    return wrong_arguments;
  }
  give_back_large_buffers();
  const auto confined = plugin::confine(limits);
  EngineChannel engine(ChildProcess::channel_descriptor);
  const auto served = confined.has_error() ? confined : work(engine);
  if (served.has_error()) engine.send(isolation::Kind::refused, isolation::encode(served.error()));
  ::_exit(0);  // no destructors: what the plugin has left behind is not to run
}

}  // namespace

int fold(Arguments arguments) {
  return serve(arguments, [](EngineChannel& engine) {
    return isolation::serve_loop(engine, ChildProcess::first_given_descriptor);
  });
}

int answer(Arguments arguments) {
  return serve(arguments, [](EngineChannel& engine) { return isolation::serve_queries(engine); });
}

}  // namespace refold::runner
