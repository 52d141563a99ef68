#include <utility>

#include "core/index/flush.h"
#include "core/index/index_impl.h"

namespace refold::index {
namespace {

/// DIDs in memory: a bound of its own, because a DID may have two thousand bytes.
constexpr std::size_t text_bytes_max = std::size_t{16} << 20;
constexpr std::uint64_t overdue_factor = 2;

}  // namespace

bool Index::flush_due() const { return impl_->flush_due(); }
bool Index::flush_overdue() const noexcept { return impl_->flush_overdue(); }
Result<void> Index::flush() { return impl_->flush(); }
Result<void> Index::flush_behind() { return impl_->flush_behind(); }

bool Index::Impl::flush_due() const {
  if (writing.valid()) {
    return flush_overdue() ||
           writing.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  }
  return applied - frozen_to >= options.flush_events || recent.text_bytes() >= text_bytes_max;
}

bool Index::Impl::flush_overdue() const noexcept {
  return applied - flushed >= overdue_factor * options.flush_events ||
         recent.text_bytes() >= overdue_factor * text_bytes_max;
}

Result<void> Index::Impl::flush() {
  if (writing.valid()) REFOLD_CHECK(end_writing());
  if (!dirty) return ok();
  store->release_snapshots();
  REFOLD_CHECK(start_writing());
  return end_writing();
}

Result<void> Index::Impl::flush_behind() {
  if (writing.valid()) REFOLD_CHECK(end_writing());
  return flush_due() ? start_writing() : ok();
}

Result<void> Index::Impl::open_again() { return store->is_open() ? ok() : store->reopen(); }

Result<void> Index::Impl::start_writing() {
  REFOLD_CHECK(open_again());
  REFOLD_TRY(const Checkpoint checkpoint, checkpoint_at(log, applied));
  std::swap(recent, frozen);
  frozen_to = applied;
  dirty = false;
  writing = std::async(std::launch::async, [this, checkpoint] {
    return write_changes(*store, frozen, checkpoint, options.slice_rows);
  });
  return ok();
}

/// Waits for the flush, and takes what it has written out of memory; or back, if it has failed.
Result<void> Index::Impl::end_writing() {
  auto written = of_file(writing.get());
  if (written) {
    store->release_snapshots();
    frozen.clear();
    flushed = frozen_to;
    return ok();
  }
  frozen.absorb(recent);
  std::swap(recent, frozen);
  frozen.clear();
  frozen_to = flushed;
  dirty = true;
  // What a failed commit leaves in the page cache is not to be trusted.
  REFOLD_CHECK(store->reopen());
  return written;
}

}  // namespace refold::index
