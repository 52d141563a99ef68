#include <cstdio>
#include <string_view>
#include <vector>

#include "core/runner/verbs.h"

namespace {

struct Verb {
  std::string_view name;
  int (*run)(refold::runner::Arguments arguments);
};

constexpr Verb verbs[] = {{"probe", refold::runner::probe},
                          {"fold", refold::runner::fold},
                          {"answer", refold::runner::answer}};

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  for (const Verb& verb : verbs) {
    if (!arguments.empty() && arguments.front() == verb.name) {
      return verb.run(refold::runner::Arguments(arguments).subspan(1));
    }
  }
  std::fputs(
      "refold-runner runs plugins for refold, which starts it by itself. See 'refold --help'.\n",
      stderr);
  return 2;
}
