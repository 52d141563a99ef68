#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "core/projection/code.h"

namespace refold::cli {

/// Warnings and errors that plugins log while a command runs, for standard error.
///
/// Loops log on threads of their own; only the command's thread prints, so that a line never falls
/// into the one that shows the progress.
class PluginLines {
 public:
  static constexpr std::size_t lines_max = 100;  ///< between two prints; the rest is counted

  /// What keeps them. Any thread, for as long as this lives.
  [[nodiscard]] projection::LogSink sink();

  /// Whether there is something to print.
  [[nodiscard]] bool waiting() const;
  void print();

 private:
  void add(std::string_view projection, int level, std::string_view line);

  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
  std::size_t more_ = 0;
};

}  // namespace refold::cli
