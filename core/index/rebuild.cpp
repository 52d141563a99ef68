#include "core/base/crash_point.h"
#include "core/index/index_impl.h"

namespace refold::index {
namespace {

std::filesystem::path beside(const log::WitnessLog& log, std::string_view suffix) {
  return index_file(log).string() + std::string(suffix);
}

/// Every row of `some` is in `all`, the same.
Result<void> contains(Store& all, Store& some, Table table, std::string_view complaint) {
  Store::Snapshot whole(all);
  Store::Snapshot part(some);
  return part.scan(table, {}, [&](ByteView key, ByteView value) -> Result<bool> {
    REFOLD_TRY(const auto other, whole.get(table, key));
    if (other && equal(*other, value)) return true;
    return Error{Errc::corrupt, "index " + all.file().string() + ": table " +
                                    std::string(name(table)) + ", row " + hex(key) + ": " +
                                    std::string(other ? "differs from the log" : complaint)};
  });
}

Result<void> same_rows(Store& found, Store& expected) {
  for (const Table table : derived_tables) {
    REFOLD_CHECK(contains(found, expected, table, "is missing"));
    REFOLD_CHECK(contains(expected, found, table, "is not in the index"));
  }
  return ok();
}

}  // namespace

std::filesystem::path index_file(const log::WitnessLog& log) {
  return log.data() / "index" / "index.mdb";
}

Result<void> prepare_folder(const log::WitnessLog& log) {
  const auto folder = index_file(log).parent_path();
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) return system_error("create " + folder.string(), failure.value());
  REFOLD_CHECK(remove_store(beside(log, ".new")));
  return remove_store(beside(log, ".check"));
}

Result<std::unique_ptr<Index::Impl>> Index::Impl::build(const log::WitnessLog& log,
                                                        const IndexOptions& options,
                                                        const std::filesystem::path& file,
                                                        log::Seq last) {
  REFOLD_TRY(auto store, Store::open(file, options.map_bytes, Store::Access::write));
  auto impl = std::make_unique<Impl>(log, options, std::move(store));
  REFOLD_CHECK(impl->catch_up(last));
  REFOLD_CHECK(impl->fold_marks());
  impl->dirty = true;  // an empty log has a checkpoint too
  REFOLD_CHECK(impl->flush());
  return impl;
}

Result<void> Index::rebuild(const log::WitnessLog& log, const IndexOptions& options) {
  REFOLD_CHECK(prepare_folder(log));
  crash_point("reindex.begin");
  const auto fresh = beside(log, ".new");
  REFOLD_TRY(const log::Seq last, log.last());
  { REFOLD_TRY(const auto built, Impl::build(log, options, fresh, last)); }
  return replace_store(fresh, index_file(log));
}

Result<void> verify_index(const log::WitnessLog& log, const IndexOptions& options) {
  REFOLD_TRY(const auto index, Index::open(log, options));
  REFOLD_CHECK(index->flush());
  const auto file = beside(log, ".check");
  Result<void> verdict = ok();
  {
    REFOLD_TRY(const auto anew, Index::Impl::build(log, options, file, index->applied()));
    verdict = same_rows(*index->impl_->store, *anew->store);
  }
  REFOLD_CHECK(remove_store(file));
  return verdict;
}

}  // namespace refold::index
