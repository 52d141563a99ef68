#include "core/cli/existing_log.h"

namespace refold::cli {

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

Result<std::unique_ptr<index::Recorder>> open_existing(
    const std::filesystem::path& data, std::function<void(log::Seq last)> before_erasing) {
  REFOLD_CHECK(require_log(data));
  index::RecorderOptions options;
  options.seal_above_events = 0;
  options.before_erasing = std::move(before_erasing);
  return index::Recorder::open(data, options);
}

}  // namespace refold::cli
