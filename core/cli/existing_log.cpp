#include "core/cli/existing_log.h"

namespace refold::cli {

namespace {

/// The engine keeps it.
template <class T>
std::shared_ptr<T> borrowed(T& thing) {
  return {std::shared_ptr<void>(), &thing};
}

}  // namespace

Result<std::shared_ptr<const log::WitnessLog>> open_log(const Context& context) {
  if (context.engine != nullptr) {
    return std::shared_ptr<const log::WitnessLog>(borrowed(context.engine->log));
  }
  REFOLD_TRY(auto log, log::WitnessLog::open_reader(context.data));
  return std::shared_ptr<const log::WitnessLog>(std::move(log));
}

Result<void> require_log(const std::filesystem::path& data) {
  const auto log = log::WitnessLog::open_reader(data);
  // Whatever else is wrong, a writer may be able to mend.
  if (log.has_error() && log.error().code == Errc::not_found) return log.error();
  return ok();
}

Result<std::unique_ptr<log::WitnessLog>> open_existing_log(const std::filesystem::path& data) {
  REFOLD_CHECK(require_log(data));
  return log::WitnessLog::open_writer(data);
}

Result<std::shared_ptr<index::Recorder>> open_existing(
    const Context& context, std::function<void(log::Seq last)> before_erasing) {
  if (context.engine != nullptr) return borrowed(context.engine->recorder);
  REFOLD_CHECK(require_log(context.data));
  index::RecorderOptions options;
  options.seal_above_events = 0;
  options.before_erasing = std::move(before_erasing);
  REFOLD_TRY(auto recorder, index::Recorder::open(context.data, options));
  return std::shared_ptr<index::Recorder>(std::move(recorder));
}

Result<std::shared_ptr<index::Recorder>> open_recorder(const Context& context) {
  if (context.engine != nullptr) return borrowed(context.engine->recorder);
  REFOLD_TRY(auto recorder, index::Recorder::open(context.data));
  return std::shared_ptr<index::Recorder>(std::move(recorder));
}

std::string no_room(const Context& context) {
  const bool follows = context.engine != nullptr && context.engine->sources != nullptr;
  return follows ? context.engine->sources->held() : std::string();
}

}  // namespace refold::cli
