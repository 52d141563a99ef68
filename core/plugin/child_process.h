#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/descriptor.h"
#include "core/base/result.h"

namespace refold::plugin {

/// A program that runs with a pipe for its report and one for what it prints.
///
/// It is alone in a process group, has no descriptor of this process besides, no signal that is
/// blocked or ignored, and the same environment. When this goes, the whole group is killed and its
/// end awaited. One thread; the one that starts it must live as long (the child may ask to be
/// killed when its parent's thread ends).
class ChildProcess {
 public:
  /// The descriptor that the program writes its report to.
  static constexpr int report_descriptor = 3;

  /// Errors: `io` names the program.
  [[nodiscard]] static Result<ChildProcess> start(const std::filesystem::path& program,
                                                  const std::vector<std::string>& arguments);
  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;

  /// The reading ends, which do not block.
  [[nodiscard]] const Descriptor& report() const noexcept { return report_; }
  [[nodiscard]] const Descriptor& output() const noexcept { return output_; }

  /// Whether it has ended. It still has its number then, and finish() is still to be called.
  [[nodiscard]] bool ended() const;
  /// Memory that it takes now, its libraries' code included; 0 if that cannot be known.
  [[nodiscard]] std::size_t resident_bytes() const;
  /// Kills what is left of its group, and returns its wait status.
  int finish();

 private:
  ChildProcess(pid_t pid, Descriptor report, Descriptor output);

  pid_t pid_;
  Descriptor report_;
  Descriptor output_;
};

}  // namespace refold::plugin
