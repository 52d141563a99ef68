#include "core/ingest/source.h"

#include <utility>

#include "core/ingest/source_run.h"

namespace refold::ingest {
namespace {

/// Whether a position is kept under this name for another host.
Result<bool> other_host(const log::WitnessLog& log, const SourceOptions& options) {
  REFOLD_TRY(const auto cursors, log.cursors());
  const std::string own = cursor_name(options);
  const std::string prefix = "source " + options.name + " ";
  bool other = false;
  for (const log::CursorEntry& one : cursors) {
    if (one.name == own) return false;
    other = other || one.name.starts_with(prefix);
  }
  return other;
}

}  // namespace

Result<std::unique_ptr<Source>> Source::start(SourceSite site, SourceOptions options) {
  REFOLD_CHECK(check(options));
  if (options.kind != SourceKind::capture && !options.start) {
    REFOLD_TRY(const bool other, other_host(site.recorder.log(), options));
    if (other)
      return invalid("source '" + options.name + "' has followed another host so far, and " +
                     options.url +
                     " counts on its own: say where to start there (a cursor, 0 for the oldest), or"
                     " give the source another name");
  }
  REFOLD_TRY(auto impl, Impl::make(std::move(site), std::move(options)));
  return std::unique_ptr<Source>(new Source(std::move(impl)));
}

Source::Source(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Source::~Source() = default;
void Source::pause(std::string why) { impl_->pause(std::move(why)); }
void Source::resume() { impl_->resume(); }
Result<void> Source::set_filter(log::Filter filter) { return impl_->set_filter(std::move(filter)); }
SourceStatus Source::status() const { return impl_->status(); }
Result<void> Source::set_cursor(std::uint64_t cursor) { return impl_->set_cursor(cursor); }
SourceOptions Source::options() const { return impl_->options(); }

}  // namespace refold::ingest
