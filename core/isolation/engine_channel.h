#pragma once

#include <mutex>
#include <optional>

#include "core/isolation/frame.h"
#include "core/projection/code.h"

namespace refold::isolation {

/// The channel to the engine, from the side of a process that works for it. The process ends with
/// the engine: whoever finds that it is gone does not return.
///
/// Any thread sends, one receives.
class EngineChannel {
 public:
  /// Greets. The descriptor stays the caller's.
  explicit EngineChannel(int descriptor);

  void send(Kind kind, ByteView content = {});
  /// Waits for the next message, which is valid until the one after it.
  [[nodiscard]] Frame receive();
  /// Sends each line.
  [[nodiscard]] projection::LogSink sink();

 private:
  int descriptor_;
  std::mutex mutex_;  ///< of those who send
  Bytes received_;
  std::size_t taken_ = 0;  ///< of those
};

}  // namespace refold::isolation
