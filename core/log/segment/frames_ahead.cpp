#include "core/log/segment/frames_ahead.h"

#include <algorithm>

namespace refold::log {

FramesAhead::FramesAhead(const Segment::Impl& segment)
    : segment_(segment), thread_([this] { run(); }) {}

FramesAhead::~FramesAhead() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  asked_.notify_one();
  thread_.join();
}

void FramesAhead::want(FramePlace place) {
  {
    const std::lock_guard lock(mutex_);
    const auto [asked, is_new] = frames_.try_emplace(place);
    if (!is_new) return;
    if (!spare_.empty()) {
      asked->second.frame = std::move(spare_.back());
      spare_.pop_back();
    }
    queue_.push_back(place);
  }
  asked_.notify_one();
}

Result<void> FramesAhead::take(FramePlace place, codec::Decompressor& decompressor,
                               codec::Frame& into) {
  {
    std::unique_lock lock(mutex_);
    const auto asked = frames_.find(place);
    if (asked != frames_.end() && asked->second.state != Asked::waiting) {
      ready_.wait(lock, [&] { return asked->second.state == Asked::ready; });
      spare_.push_back(std::move(into));
      into = std::move(asked->second.frame);
      Result<void> result = std::move(asked->second.result);
      frames_.erase(asked);
      return result;
    }
    if (asked != frames_.end()) {
      std::erase(queue_, place);
      frames_.erase(asked);
    }
  }
  return segment_.read_frame(place.block, place.group, place.frame, decompressor, into);
}

void FramesAhead::forget() {
  std::unique_lock lock(mutex_);
  queue_.clear();
  std::erase_if(frames_, [](const auto& entry) { return entry.second.state == Asked::waiting; });
  ready_.wait(lock, [&] {
    return std::all_of(frames_.begin(), frames_.end(),
                       [](const auto& entry) { return entry.second.state == Asked::ready; });
  });
  frames_.clear();
}

void FramesAhead::run() {
  codec::Decompressor decompressor;
  std::unique_lock lock(mutex_);
  for (;;) {
    asked_.wait(lock, [&] { return stop_ || !queue_.empty(); });
    if (stop_) return;
    const FramePlace place = queue_.front();
    queue_.pop_front();
    Asked& asked = frames_.find(place)->second;
    asked.state = Asked::reading;
    lock.unlock();
    auto result =
        segment_.read_frame(place.block, place.group, place.frame, decompressor, asked.frame);
    lock.lock();
    asked.result = std::move(result);
    asked.state = Asked::ready;
    ready_.notify_one();
  }
}

}  // namespace refold::log
