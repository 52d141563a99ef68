#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/isolation/frame.h"
#include "core/plugin/child_process.h"
#include "core/plugin/child_stream.h"

namespace refold::isolation {

/// What became of a process.
struct Ending {
  bool greeted = false;    ///< it was a program of this release
  bool well = false;       ///< by itself, without complaint
  bool by_others = false;  ///< somebody else has killed it: a person, or a system short of memory
  std::string what;        ///< "crashed (SIGSEGV)"
  std::string last_words;  ///< see plugin::last_words()
};

/// A process of `refold-runner`, from the side of the engine: started, talked to, watched, ended.
///
/// It is as hostile as the plugin in it: what it sends is bounded here, and judged by who takes it.
/// One thread, which lives as long: the process dies with it.
class Worker {
 public:
  struct Bounds {
    std::size_t memory_bytes = 0;
    std::size_t message_bytes = 0;  ///< of each that it sends
  };
  /// Starts `verb` of `runner`. `given`: see ChildProcess. Errors: `not_found`, `io`: there is no
  /// such program.
  [[nodiscard]] static Result<std::unique_ptr<Worker>> start(std::filesystem::path runner,
                                                             const std::string& verb,
                                                             const Bounds& bounds,
                                                             const std::vector<int>& given = {});

  /// Sent as the process reads it, during turn().
  void send(Kind kind, ByteView content = {});

  /// Told each message; false: it is none that may come. Views are valid during the call.
  using Take = std::function<bool(const Frame& frame)>;
  /// Hands over what has come; if that is nothing, waits for something, or for `woken` (an eventfd;
  /// -1: none) to be readable, no longer than `patience`. False: it has ended, or has to be ended.
  [[nodiscard]] bool turn(std::chrono::milliseconds patience, int woken, const Take& take);

  /// It has to be ended, because of what it did: "hung for 60 s". The first word counts.
  void condemn(std::string why);

  /// Ends it, if it has not ended, and all processes that it has started.
  [[nodiscard]] Ending finish();

 private:
  Worker(plugin::ChildProcess child, const Bounds& bounds);
  /// False: it sent what is no message.
  [[nodiscard]] bool take_messages(const Take& take);
  void flush();
  void watch_memory();
  void wait(std::chrono::milliseconds patience, int woken) const;

  Bounds bounds_;
  plugin::ChildProcess child_;
  plugin::Stream messages_;
  plugin::Stream printed_;
  Bytes unsent_;
  bool greeted_ = false;
  std::optional<std::string> condemned_;
  std::chrono::steady_clock::time_point memory_looked_at_{};
};

}  // namespace refold::isolation
