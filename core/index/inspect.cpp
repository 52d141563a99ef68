#include "core/index/inspect.h"

#include "core/index/flush.h"
#include "core/index/index_impl.h"
#include "core/index/rows.h"
#include "core/index/store.h"

namespace refold::index {

Result<std::optional<log::Seq>> index_position(const log::WitnessLog& log) {
  auto store = Store::open(index_file(log), IndexOptions{}.map_bytes, Store::Access::read);
  if (store.has_error()) {
    if (store.error().code == Errc::not_found) return std::optional<log::Seq>();
    return std::move(store).error();
  }
  Store::Snapshot snapshot(**store);
  REFOLD_TRY(const auto row, snapshot.get(Table::meta, checkpoint_key()));
  const auto found = row ? decode_checkpoint(*row) : std::nullopt;
  REFOLD_TRY(const log::Seq last, log.last());
  if (!found || found->log_id != log.id() || found->seq > last) return std::optional<log::Seq>();
  return std::optional<log::Seq>(found->seq);
}

}  // namespace refold::index
