#include "core/base/arena.h"

#include <algorithm>

namespace refold {

void Arena::swap(Arena& other) noexcept {
  std::swap(chunks_, other.chunks_);
  std::swap(current_, other.current_);
  std::swap(at_, other.at_);
  std::swap(left_, other.left_);
  std::swap(used_bytes_, other.used_bytes_);
  std::swap(allocated_bytes_, other.allocated_bytes_);
}

void Arena::enter(std::size_t chunk) noexcept {
  current_ = chunk;
  at_ = chunks_[chunk].bytes.get();
  left_ = chunks_[chunk].size;
}

void Arena::grow(std::size_t size) {
  for (std::size_t next = at_ == nullptr ? 0 : current_ + 1; next < chunks_.size(); ++next) {
    if (chunks_[next].size >= size) return enter(next);
  }
  const std::size_t bytes = std::max(size, chunk_bytes);
  chunks_.push_back({std::unique_ptr<std::uint8_t[]>(new std::uint8_t[bytes]), bytes});
  allocated_bytes_ += bytes;
  enter(chunks_.size() - 1);
}

void Arena::clear() noexcept {
  while (!chunks_.empty() && allocated_bytes_ > kept_bytes_max) {
    allocated_bytes_ -= chunks_.back().size;
    chunks_.pop_back();
  }
  at_ = nullptr;
  left_ = 0;
  used_bytes_ = 0;
  current_ = 0;
  if (!chunks_.empty()) enter(0);
}

}  // namespace refold
