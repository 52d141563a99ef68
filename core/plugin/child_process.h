#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/descriptor.h"
#include "core/base/result.h"

namespace refold::plugin {

/// A program that runs with a channel to this one, and a pipe for what it prints.
///
/// It is alone in a process group, has no descriptor of this process but those that it is given, no
/// signal that is blocked or ignored, and of the environment what is_passed_on(). When this goes,
/// the whole group is killed and its end awaited. One thread; the one that starts it must live as
/// long (the child may ask to be killed when its parent's thread ends).
class ChildProcess {
 public:
  /// The program's end of the channel: a stream in both directions.
  static constexpr int channel_descriptor = 3;
  /// Copies of `given` have the numbers from here on.
  static constexpr int first_given_descriptor = 4;

  /// Errors: `io` names the program.
  [[nodiscard]] static Result<ChildProcess> start(const std::filesystem::path& program,
                                                  const std::vector<std::string>& arguments,
                                                  const std::vector<int>& given = {});
  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;

  /// This side's ends, which do not block.
  [[nodiscard]] const Descriptor& channel() const noexcept { return channel_; }
  [[nodiscard]] const Descriptor& output() const noexcept { return output_; }

  /// Whether it has ended. It still has its number then, and finish() is still to be called.
  [[nodiscard]] bool ended() const;
  /// Memory that it takes now, what it has mapped of files left out; 0 if that cannot be known.
  [[nodiscard]] std::size_t own_bytes() const;
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  /// Kills it and what is left of its group, and returns its wait status.
  int finish();

 private:
  ChildProcess(pid_t pid, Descriptor channel, Descriptor output);

  pid_t pid_;
  Descriptor channel_;
  Descriptor output_;
};

/// Whether a child gets a variable ("LANG=C") of the environment: what the loader, the C library
/// and sanitizers look for, and no secrets of whoever started this.
[[nodiscard]] bool is_passed_on(std::string_view variable) noexcept;

}  // namespace refold::plugin
