#include "core/index/index.h"

#include "core/base/assert.h"
#include "core/base/crash_point.h"
#include "core/index/flush.h"
#include "core/index/fold.h"
#include "core/index/index_impl.h"
#include "core/index/marks.h"
#include "core/log/chain.h"
#include "core/log/reader.h"

namespace refold::index {

Result<Checkpoint> Index::Impl::checkpoint_at(const log::WitnessLog& log, log::Seq seq) {
  Checkpoint checkpoint{log.id(), seq, {}};
  if (seq == 0) return checkpoint;
  log::Page page;
  REFOLD_CHECK(log.get(seq, page));
  Bytes header;
  log::append_chain_header(header, page.events.front());
  checkpoint.event = sha256(header);
  return checkpoint;
}

Result<std::optional<Checkpoint>> Index::Impl::checkpoint() {
  Store::Snapshot snapshot(*store);
  // A flush that was not finished may have gone as far as its goal.
  std::optional<Checkpoint> found;
  for (const ByteView key : {goal_key(), checkpoint_key()}) {
    REFOLD_TRY(const auto row, of_file(snapshot.get(Table::meta, key)));
    found = row ? decode_checkpoint(*row) : std::nullopt;
    REFOLD_TRY(const log::Seq last, log.last());
    if (!found || found->log_id != log.id() || found->seq > last)
      return std::optional<Checkpoint>();
    REFOLD_TRY(const Checkpoint expected, checkpoint_at(log, found->seq));
    if (found->event != expected.event) return std::optional<Checkpoint>();
  }
  return found;
}

Result<std::unique_ptr<Index>> Index::Impl::take_up(const log::WitnessLog& log,
                                                    const IndexOptions& options, bool anew) {
  auto store = Store::open(index_file(log), options.map_bytes, Store::Access::write);
  if (!store) {
    if (!anew && store.error().code == Errc::corrupt) return std::unique_ptr<Index>();
    return std::move(store).error();
  }
  std::unique_ptr<Index> index(new Index(std::make_unique<Impl>(log, options, std::move(*store))));
  Impl& impl = *index->impl_;
  const auto caught_up = [&]() -> Result<bool> {
    if (!anew) {
      REFOLD_TRY(const auto checkpoint, impl.checkpoint());
      if (!checkpoint) return false;
      impl.applied = impl.frozen_to = impl.flushed = checkpoint->seq;
    }
    REFOLD_CHECK(index->catch_up());
    REFOLD_CHECK(index->fold_marks());
    return true;
  }();
  if (!anew && (caught_up ? !*caught_up : impl.damaged)) return std::unique_ptr<Index>();
  if (!caught_up) return caught_up.error();
  return index;
}

Result<std::unique_ptr<Index>> Index::open(const log::WitnessLog& log,
                                           const IndexOptions& options) {
  REFOLD_CHECK(prepare_folder(log));
  REFOLD_TRY(auto index, Impl::take_up(log, options, false));
  if (index) return index;
  REFOLD_CHECK(remove_store(index_file(log)));
  return Impl::take_up(log, options, true);
}

Index::Index(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Index::~Index() = default;

log::Seq Index::applied() const noexcept { return impl_->applied; }

std::unique_ptr<Lookup> Index::lookup(const Overlay* staged) {
  return std::make_unique<Lookup>(staged, impl_->recent, impl_->frozen, *impl_->store);
}

void Index::absorb(const Overlay& staged, log::Seq last) {
  REFOLD_ASSERT(last >= impl_->applied, "the index was told of events out of order");
  impl_->recent.absorb(staged);
  impl_->applied = last;
  impl_->dirty = true;
}

bool Index::closed() const noexcept { return !impl_->store->is_open(); }

Result<void> Index::catch_up() {
  REFOLD_CHECK(impl_->open_again());
  REFOLD_TRY(const log::Seq last, impl_->log.last());
  if (last < impl_->applied) {
    return Error{Errc::corrupt, "the log ends at seq " + std::to_string(last) +
                                    ", but acknowledged events up to " +
                                    std::to_string(impl_->applied)};
  }
  return impl_->catch_up(last);
}

Result<void> Index::fold_marks() { return impl_->fold_marks(); }

Result<void> Index::Impl::catch_up(log::Seq last) {
  if (applied >= last) return ok();
  log::Filter everything;
  everything.history = true;
  REFOLD_TRY(auto matcher, log::Matcher::make(std::move(everything)));
  log::Reader reader(log, applied + 1, std::move(matcher));
  Fold fold(recent, mine);
  log::Page page;
  while (applied < last) {
    REFOLD_TRY(const bool more, reader.next(page));
    if (!more) return Error{Errc::corrupt, "the log ends before seq " + std::to_string(last)};
    for (const log::Event& event : page.events) {
      if (event.seq > last) break;
      REFOLD_CHECK(of_file(fold.add(event)));
      applied = event.seq;
    }
    dirty = true;
    if (flush_due()) {
      REFOLD_CHECK(flush_behind());
      crash_point("reindex.slice");
    }
  }
  return ok();
}

Result<void> Index::Impl::fold_marks() {
  return log.visit_marks([this](std::string_view key, std::string_view value) -> Result<void> {
    const auto mark = read_repo_mark(key, value);
    if (!mark) return ok();
    const RepoKey repo = repo_key(mark->did);
    REFOLD_TRY(const auto state, of_file(mine.repo(repo)));
    if (state && state->rev >= mark->rev) return ok();
    recent.raise_rev(repo, mark->did, mark->rev);
    dirty = true;
    return flush_due() ? flush_behind() : ok();
  });
}

}  // namespace refold::index
