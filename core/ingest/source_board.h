#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "core/ingest/source_options.h"

namespace refold::ingest {

/// What a source's thread says about itself, and others read. Any thread.
class SourceBoard {
 public:
  explicit SourceBoard(SourceStatus first) : status_(std::move(first)) {}

  template <class Change>
  void change(const Change& change) {
    const std::lock_guard lock(mutex_);
    change(status_);
  }
  [[nodiscard]] SourceStatus get() const {
    const std::lock_guard lock(mutex_);
    return status_;
  }

 private:
  mutable std::mutex mutex_;
  SourceStatus status_;
};

/// How a connection, or the reading of a file, ended.
struct SessionEnd {
  enum class Next : std::uint8_t {
    again,  ///< after a wait
    pause,  ///< until somebody says otherwise
    ended,  ///< there is no more
  };
  Next next = Next::again;
  std::string why;      ///< printable
  bool worked = false;  ///< it came further, or lasted long: the next wait is short
  std::optional<std::chrono::seconds> wait;  ///< as the server wants it
};

[[nodiscard]] inline SessionEnd again(std::string why) {
  return {SessionEnd::Next::again, std::move(why), false, std::nullopt};
}

}  // namespace refold::ingest
