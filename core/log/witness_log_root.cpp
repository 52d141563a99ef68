#include "core/log/chain.h"
#include "core/log/limits.h"
#include "core/log/reader.h"
#include "core/log/witness_log_impl.h"

namespace refold::log {

Result<Sha256Digest> WitnessLog::root() const {
  Sha256Digest digest{};
  Seq done = 0;
  Seq last = 0;
  {
    REFOLD_TRY(const TailReadTxn txn, impl_->tail->read());
    REFOLD_TRY(const auto list, impl_->segments.list(txn));
    last = txn.state().last;
    done = txn.state().sealed_last;
    if (!list->empty()) digest = list->back().chain;
  }
  const std::lock_guard lock(impl_->chain_mutex);
  if (impl_->chained_last > done && impl_->chained_last <= last) {
    done = impl_->chained_last;
    digest = impl_->chain;
  }
  Reader reader(*this, done + 1, impl_->everything);
  Page page;
  std::optional<ChainDigest> chunk;
  while (done < last) {
    REFOLD_CHECK(reader.next(page));
    for (const Event& event : page.events) {
      if (event.seq > last || event.seq != done + 1) break;
      if (!chunk) chunk.emplace(digest);
      chunk->add(event);
      done = event.seq;
      if (done % chunk_events != 0) continue;
      digest = chunk->finish();
      chunk.reset();
      impl_->chained_last = done;
      impl_->chain = digest;
    }
    if (done < last && done + 1 != reader.position()) {
      return Error{Errc::unsupported, "event " + std::to_string(done + 1) +
                                          " is of a kind that this version does not know; use "
                                          "the newer program that wrote it"};
    }
  }
  return chunk ? chunk->finish() : digest;
}

}  // namespace refold::log
