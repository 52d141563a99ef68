#include "core/plugin/probe.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "core/plugin/child_process.h"
#include "core/plugin/child_stream.h"
#include "core/plugin/report.h"

namespace refold::plugin {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds look_interval{10};

enum class End : std::uint8_t { by_itself, too_slow, too_large, too_talkative };

/// One probe, from the start of the child to its end.
class Watch {
 public:
  Watch(ChildProcess& child, const ProbeOptions& options)
      : child_(child), options_(options), report_(child.channel()), output_(child.output()) {}

  /// Waits for the child's end, or for a reason to end it.
  [[nodiscard]] End wait();
  /// What became of it, after wait().
  [[nodiscard]] Result<Probed> verdict(End end, int status) const;

 private:
  void take();
  [[nodiscard]] std::string what_happened(End end, int status) const;

  ChildProcess& child_;
  const ProbeOptions& options_;
  Stream report_;
  Stream output_;
};

void Watch::take() {
  report_.take(report_bytes_max);
  output_.take(std::size_t{1} << 20);
  output_.keep_last(output_bytes_kept);
}

End Watch::wait() {
  const auto until = Clock::now() + options_.time_limit;
  while (true) {
    const bool ended =
        child_.ended();  // asked first: what it wrote before is then there to be read
    take();
    if (report_.bytes().size() > report_bytes_max) return End::too_talkative;
    if (ended) return End::by_itself;
    if (child_.own_bytes() > options_.memory_bytes_max) return End::too_large;
    if (Clock::now() >= until) return End::too_slow;
    std::array<pollfd, 2> asked = {report_.asked(), output_.asked()};
    ::poll(asked.data(), asked.size(), static_cast<int>(look_interval.count()));
  }
}

std::string Watch::what_happened(End end, int status) const {
  switch (end) {
    case End::by_itself: break;
    case End::too_slow: return "hung for " + seconds_text(options_.time_limit);
    case End::too_large:
      return "took more than " + std::to_string(options_.memory_bytes_max >> 20) + " MiB of memory";
    case End::too_talkative: return "wrote into the report of its probe";
  }
  return ending_text(status);
}

Result<Probed> Watch::verdict(End end, int status) const {
  Result<Report> report = read_report(report_.bytes());
  if (report.has_error()) return Error{Errc::invalid, std::move(report).error().message};
  if (!report->greeted) {
    return Error{Errc::io,
                 "it was not probed: the program that does it is no refold-runner of "
                 "this release" +
                     last_words(output_.bytes())};
  }
  if (report->refusal) return *std::move(report->refusal);
  const bool well = end == End::by_itself && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (well && report->passed) return *std::move(report->passed);
  return Error{Errc::invalid, what_happened(end, status) + " while " +
                                  (report->step.empty() ? "being probed" : report->step) +
                                  (end == End::by_itself ? last_words(output_.bytes()) : "")};
}

Result<std::filesystem::path> existing(const std::filesystem::path& library) {
  std::error_code failed;
  auto path = std::filesystem::canonical(library, failed);
  if (failed) {
    Error error = system_error("open " + library.string(), failed.value());
    if (failed == std::errc::no_such_file_or_directory) error.code = Errc::not_found;
    return error;
  }
  if (std::filesystem::is_regular_file(path, failed)) return path;
  return Error{Errc::invalid, library.string() + " is not a regular file"};
}

/// Several threads may compute at once, so this is no more than a second net below the time limit.
std::uint64_t processor_seconds(milliseconds time_limit) {
  return static_cast<std::uint64_t>(time_limit.count()) / 1000 * 4 + 4;
}

}  // namespace

Result<Probed> probe(const std::filesystem::path& library, const ProbeOptions& options) {
  REFOLD_TRY(const auto path, existing(library));
  std::filesystem::path runner = options.runner;
  if (runner.empty()) {
    REFOLD_TRY(runner, find_runner());
  }
  REFOLD_TRY(ChildProcess child,
             ChildProcess::start(runner, {"probe", path.string(), std::to_string(::getpid()),
                                          std::to_string(options.memory_bytes_max),
                                          std::to_string(processor_seconds(options.time_limit))}));
  Watch watch(child, options);
  const End end = watch.wait();
  auto probed = watch.verdict(end, child.finish());
  if (probed.has_error()) return within(library.string(), std::move(probed).error());
  return probed;
}

}  // namespace refold::plugin
