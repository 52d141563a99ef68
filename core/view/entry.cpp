#include "core/view/entry.h"

#include <sys/mman.h>

#include <new>
#include <utility>

#include "core/base/assert.h"

namespace refold::view {
namespace {

constexpr std::size_t huge_page_bytes = std::size_t{2} << 20;

constexpr std::size_t rounded_up(std::size_t bytes, std::size_t to) noexcept {
  return (bytes + to - 1) & ~(to - 1);
}

}  // namespace

Block allocate(std::size_t bytes) {
  const bool large = bytes >= huge_page_bytes;
  const std::size_t size = rounded_up(bytes, huge_page_bytes);
  Block block(static_cast<std::uint8_t*>(large ? std::aligned_alloc(huge_page_bytes, size)
                                               : std::malloc(bytes)));
  if (block == nullptr) throw std::bad_alloc();
  if (large) (void)madvise(block.get(), size, MADV_HUGEPAGE);
  return block;
}

std::uint8_t* EntryMemory::take(std::size_t bytes) {
  const std::size_t size = rounded_up(bytes, granule_bytes);
  if (size > end_ - at_) {
    const bool small = chunks_.empty() && size <= small_chunk_bytes;
    const std::size_t chunk = small ? small_chunk_bytes : chunk_bytes;
    REFOLD_ASSERT(size <= chunk && chunks_.size() <= ~Number{0} >> granule_bits,
                  "a batch of 32 GiB that nobody commits");
    if (small && small_ == nullptr) small_ = allocate(chunk);
    if (small) {
      chunks_.push_back(std::move(small_));
    } else if (spare_.empty()) {
      chunks_.push_back(allocate(chunk));
    } else {
      chunks_.push_back(std::move(spare_.back()));
      spare_.pop_back();
    }
    at_ = 0;
    end_ = chunk;
    if (chunks_.size() == 1) first_is_small_ = small;
  }
  last_ = static_cast<Number>((chunks_.size() - 1) << granule_bits | at_ / granule_bytes);
  std::uint8_t* const piece = chunks_.back().get() + at_;
  at_ += size;
  used_bytes_ += size;
  return piece;
}

void EntryMemory::clear_for_more() noexcept {
  std::vector<Block> chunks = std::move(chunks_);
  if (first_is_small_) small_ = std::move(chunks.front());
  chunks_.clear();
  clear();
  spare_ = std::move(chunks);
  std::erase(spare_, nullptr);
}

void EntryMemory::clear() noexcept {
  if (!chunks_.empty() && first_is_small_) small_ = std::move(chunks_.front());
  chunks_.clear();
  spare_.clear();
  first_is_small_ = false;
  at_ = 0;
  end_ = 0;
  used_bytes_ = 0;
}

}  // namespace refold::view
