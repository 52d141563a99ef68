#include "core/ingest/submitter.h"

#include <chrono>
#include <utility>

namespace refold::ingest {

void Submitter::start_batch() {
  batch_ = {};
  batch_.source = source_;
  batch_.run = run_;
  bytes_ = 0;
}

Result<void> Submitter::take_oldest() {
  UnderWay oldest = std::move(under_way_.front());
  under_way_.pop_front();
  const auto became = oldest.result.get();
  if (became.has_error()) {
    failed_ = became.error();
    return *failed_;
  }
  outcome_.add(*became);
  if (oldest.cursor != 0) durable_ = oldest.cursor;
  return ok();
}

Result<void> Submitter::look() {
  if (failed_) return *failed_;
  while (!under_way_.empty() &&
         under_way_.front().result.wait_for(std::chrono::seconds(0)) == std::future_status::ready)
    REFOLD_CHECK(take_oldest());
  return ok();
}

Result<void> Submitter::settle() {
  if (failed_) return *failed_;
  while (!under_way_.empty()) REFOLD_CHECK(take_oldest());
  return ok();
}

Result<void> Submitter::submit(Decoder& decoder) {
  REFOLD_CHECK(look());
  while (under_way_.size() >= under_way_max) REFOLD_CHECK(take_oldest());
  decoder.finish(batch_);
  const auto& extras = batch_.extras;
  if (!batch_.drafts.empty() || !extras.cursors.empty() || !extras.marks.empty())
    under_way_.push_back({recorder_.submit(std::move(batch_)), decoder.cursor()});
  start_batch();
  return ok();
}

}  // namespace refold::ingest
