#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <tuple>
#include <vector>

#include "core/log/segment/impl.h"

namespace refold::log {

/// Which frame of a segment.
struct FramePlace {
  std::size_t block = 0;
  std::uint32_t group = 0;
  std::size_t frame = 0;

  friend bool operator==(const FramePlace&, const FramePlace&) = default;
  friend bool operator<(const FramePlace& a, const FramePlace& b) noexcept {
    return std::tie(a.block, a.group, a.frame) < std::tie(b.block, b.group, b.frame);
  }
};

/// Reads, decompresses and checks frames of one segment before they are needed, on a thread of its
/// own. A frame that is not ready is read by whoever takes it. The segment outlives it; all other
/// calls come from one thread.
class FramesAhead {
 public:
  explicit FramesAhead(const Segment::Impl& segment);
  /// Stops the thread, after the frame that it is at.
  ~FramesAhead();
  FramesAhead(const FramesAhead&) = delete;
  FramesAhead& operator=(const FramesAhead&) = delete;

  /// Asks for a frame; nothing if it was asked for already.
  void want(FramePlace place);
  /// Replaces `into` with the frame. Errors: those of reading it.
  [[nodiscard]] Result<void> take(FramePlace place, codec::Decompressor& decompressor,
                                  codec::Frame& into);
  /// Forgets what was asked for and not taken: the reader went elsewhere.
  void forget();

 private:
  struct Asked {
    enum { waiting, reading, ready } state = waiting;
    codec::Frame frame;
    Result<void> result = ok();
  };
  void run();

  const Segment::Impl& segment_;
  std::mutex mutex_;
  std::condition_variable asked_;
  std::condition_variable ready_;
  std::map<FramePlace, Asked> frames_;  // stays where it is while a frame is read
  std::deque<FramePlace> queue_;        // those that are waiting
  std::vector<codec::Frame> spare_;     // buffers to be filled again
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace refold::log
