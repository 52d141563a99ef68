#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/engine/config/node.h"
#include "core/engine/config/read.h"

namespace refold::engine {

/// A configuration while it is read: takes values out of nodes, and note of all that is wrong.
class Reading {
 public:
  /// `file`: what problems call it. `base`: what its relative paths are relative to.
  Reading(std::string file, std::filesystem::path base)
      : file_(std::move(file)), base_(std::move(base)) {}

  void refuse(const Node& at, const std::string& key, std::string sentence);
  void refuse(const Place& at, const std::string& key, std::string sentence);

  // The value of a node; none if it has none of that kind: that is a problem then.
  [[nodiscard]] std::optional<std::string> text(const Node& node, const std::string& key);
  [[nodiscard]] std::optional<bool> flag(const Node& node, const std::string& key);
  [[nodiscard]] std::optional<std::uint64_t> count(const Node& node, const std::string& key);
  /// A number of bytes, or a text: "64KiB".
  [[nodiscard]] std::optional<std::uint64_t> size(const Node& node, const std::string& key);
  /// A text: "30s".
  [[nodiscard]] std::optional<std::chrono::milliseconds> time(const Node& node,
                                                              const std::string& key);
  [[nodiscard]] std::optional<std::filesystem::path> path(const Node& node, const std::string& key);
  /// A list of texts; of the environment: with commas.
  [[nodiscard]] std::optional<std::vector<Node>> texts(const Node& node, const std::string& key);
  [[nodiscard]] const std::vector<Node::Member>* table(const Node& node, const std::string& key);

  [[nodiscard]] std::vector<ConfigProblem>& problems() noexcept { return problems_; }

 private:
  void refuse_kind(const Node& node, const std::string& key, const std::string& wanted);

  std::string file_;
  std::filesystem::path base_;
  std::vector<ConfigProblem> problems_;
};

/// How sizes and times are written: "64KiB", "30s"; the largest unit that fits.
[[nodiscard]] std::string size_text(std::uint64_t bytes);
[[nodiscard]] std::string time_text(std::chrono::milliseconds time);
/// A text as TOML has it, in quotes.
[[nodiscard]] std::string toml_text(std::string_view text);

}  // namespace refold::engine
