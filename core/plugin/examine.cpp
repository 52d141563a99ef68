#include "core/plugin/examine.h"

#include <sys/wait.h>

#include <chrono>
#include <thread>

#include "core/plugin/boundary.h"
#include "core/plugin/library.h"
#include "core/plugin/own_thread.h"

namespace refold::plugin {
namespace {

constexpr std::chrono::milliseconds ending_patience{1000};
constexpr std::chrono::milliseconds ending_interval{5};

std::string quoted_name(const ProjectionInfo& projection) { return "'" + projection.name + "'"; }

Result<std::size_t> thread_count() {
  std::error_code failed;
  std::size_t count = 0;
  for (std::filesystem::directory_iterator at("/proc/self/task", failed), end; !failed && at != end;
       at.increment(failed)) {
    ++count;
  }
  if (failed) return system_error("list the threads of this process", failed.value());
  return count;
}

/// How many threads there are besides those that `before` counted. One that has been joined may
/// still be listed for a moment.
Result<std::size_t> threads_left(std::size_t before) {
  const auto until = std::chrono::steady_clock::now() + ending_patience;
  while (true) {
    REFOLD_TRY(const std::size_t now, thread_count());
    if (now <= before) return std::size_t{0};
    if (std::chrono::steady_clock::now() >= until) return now - before;
    std::this_thread::sleep_for(ending_interval);
  }
}

/// Whether this process has children. It starts none itself.
bool has_children() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/// A sanitizer may start a thread of its own with the first one of the program's.
Result<std::size_t> threads_of_a_quiet_process() {
  REFOLD_TRY(const auto thread, OwnThread::start());
  REFOLD_TRY(const std::size_t with_it, thread_count());
  return with_it - 1;
}

Result<void> make_and_destroy(const Library& library, std::uint32_t index,
                              std::vector<std::string> options, const ReportWriter& report) {
  const refold_projection& projection = library.projection(index);
  const std::string name = quoted_name(library.info().projections[index]);
  BareHost host({}, std::move(options));
  void* self = nullptr;
  report.step("creating an instance of " + name);
  REFOLD_TRY(const refold_result made, contained("create() of " + name, [&] {
               return projection.create(host.table(), &self);
             }));
  REFOLD_CHECK(outcome("create() of " + name, made, host.said()));
  report.step("destroying an instance of " + name);
  return contained("destroy() of " + name, [&] { projection.destroy(self); });
}

/// Why no instance can be made without a configuration; empty if one can.
std::string untried_because(const ProjectionInfo& projection) {
  for (const OptionInfo& option : projection.options) {
    if (option.fallback) continue;
    return "no instance of " + quoted_name(projection) + " was made: its option '" + option.name +
           "' must be given";
  }
  return {};
}

Result<void> try_instances(const Library& library, Probed& probed, const ReportWriter& report) {
  const auto& projections = library.info().projections;
  for (std::uint32_t index = 0; index < projections.size(); ++index) {
    if (std::string why = untried_because(projections[index]); !why.empty()) {
      probed.untried.push_back(std::move(why));
      continue;
    }
    REFOLD_TRY(auto options, canonical_options(projections[index].options, {}));
    REFOLD_TRY(const auto thread, OwnThread::start());
    Result<void> tried = ok();
    thread->run([&] { tried = make_and_destroy(library, index, std::move(options), report); });
    REFOLD_CHECK(tried);
  }
  return ok();
}

Result<Probed> examined(const std::filesystem::path& path, const ReportWriter& report,
                        std::unique_ptr<Library>& library) {
  REFOLD_TRY(const std::size_t before, threads_of_a_quiet_process());
  LoadOptions options;
  options.step = [&](std::string_view step) { report.step(step); };
  options.refused = &library;
  REFOLD_TRY(library, Library::load(path, options));
  Probed probed;
  probed.info = library->info();
  REFOLD_CHECK(try_instances(*library, probed, report));
  REFOLD_CHECK(library->stop());
  // Before it is unmapped under them.
  REFOLD_TRY(const std::size_t left, threads_left(before));
  if (left > 0) {
    return Error{Errc::invalid, "it left " + std::to_string(left) +
                                    (left == 1 ? " thread" : " threads") +
                                    " behind when stop() returned"};
  }
  if (has_children()) {
    return Error{Errc::invalid, "it left a process behind when stop() returned"};
  }
  probed.pinned = library->close() == Library::Closed::pinned;
  return probed;
}

}  // namespace

void examine(const std::filesystem::path& library, const ReportWriter& report) {
  std::unique_ptr<Library> opened;
  const auto probed = examined(library, report, opened);
  report.end(probed);
  // If it was refused, closing it might crash: then that would be told, instead of why.
  if (probed.has_error()) static_cast<void>(opened.release());
}

}  // namespace refold::plugin
