#include "core/ingest/backfill/spool.h"

namespace refold::ingest {

void Spool::clear() {
  memory_.clear();
  size_ = 0;
  map_ = {};
  writing_.reset();
  reading_.reset();
}

Result<void> Spool::add(ByteView piece) {
  append(memory_, piece);
  size_ += piece.size();
  return memory_.size() > memory_bytes_max ? spill() : ok();
}

Result<ByteView> Spool::bytes() {
  if (!writing_) return ByteView(memory_);
  REFOLD_CHECK(spill());
  REFOLD_TRY(map_, reading_->map(0, size_));
  return map_.bytes();
}

Result<void> Spool::spill() {
  if (!writing_) {
    REFOLD_TRY(File writing, File::create(file_));
    REFOLD_TRY(File reading, File::open(file_));
    std::error_code ignored;
    std::filesystem::remove(file_, ignored);
    writing_ = std::move(writing);
    reading_ = std::move(reading);
  }
  REFOLD_CHECK(writing_->write(memory_));
  memory_.clear();
  return ok();
}

}  // namespace refold::ingest
