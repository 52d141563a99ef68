#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/server/command.h"
#include "core/server/reply.h"

namespace refold::server {

/// A command that runs in the engine, and its client at the other end of a stream.
class CommandChannel final : public CommandConsole {
 public:
  CommandChannel(std::unique_ptr<Stream> stream, JobPointer job);

  // For the command, on its thread.
  bool put(FrameKind kind, std::string_view text) override;
  [[nodiscard]] std::string read() override;
  void stay() override;
  [[nodiscard]] bool interrupted() override;
  [[nodiscard]] Job& job() noexcept override { return *job_; }
  [[nodiscard]] bool stays() const noexcept { return stays_; }
  void end(int status);

  // For the client's other requests, any thread.
  /// Some of its standard input; empty: the end.
  void give(std::string input);
  void interrupt();

 private:
  [[nodiscard]] bool gone();

  std::unique_ptr<Stream> stream_;  ///< null: nobody reads
  const JobPointer job_;
  bool stays_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<std::string> input_;
  bool ended_input_ = false;
  bool interrupted_ = false;
};

/// The commands that run, by the number of their job. Any thread.
class CommandChannels {
 public:
  void add(std::uint64_t job, std::shared_ptr<CommandChannel> channel);
  void remove(std::uint64_t job);
  /// Errors: `not_found`.
  [[nodiscard]] Result<std::shared_ptr<CommandChannel>> find(std::uint64_t job) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::shared_ptr<CommandChannel>> all_;
};

}  // namespace refold::server
