#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "tests/crash/trace.h"

namespace refold::crash {

/// A folder as it may be found: path below it -> content; none: a folder.
using Image = std::map<std::string, std::optional<Bytes>>;

/// Equal for equal images.
[[nodiscard]] std::uint64_t checksum(const Image& image);
/// Reads a folder; without LMDB's lock files, which are not worth anything after a restart.
[[nodiscard]] Image read_image(const std::filesystem::path& folder);
/// Writes it into `folder`, which is emptied first.
void write_image(const Image& image, const std::filesystem::path& folder);
/// What differs first: "log/tail.mdb: byte 8192"; empty if nothing does.
[[nodiscard]] std::string difference(const Image& a, const Image& b);

/// How much of what was not synced the disk has all the same.
struct Fate {
  enum class Share : std::uint8_t { none, all, random };
  Share writes = Share::none;   ///< of each file, by sectors, in any order
  Share entries = Share::none;  ///< of each folder: the first so many changes
  std::uint64_t seed = 0;
};

/// A folder, and the disk under it: what a trace does to them, and what is left of it when the
/// power fails.
///
/// A sync of a file makes its content durable, not its name; a sync of a folder makes its names
/// durable. A write through a descriptor with O_DSYNC is durable by itself, alone. Everything else
/// may be on the disk or not: every sector of 512 bytes in any version since the last sync. What
/// was waiting when a sync failed may be lost although a later one succeeds.
class Disk {
 public:
  /// Syncs of files that this one names are taken for nothing: a disk that lies.
  using Ignored = std::function<bool(const std::string& path)>;

  /// `found`: what was in the folder `root` before the trace, durable.
  Disk(std::string root, const Image& found, Ignored ignored = {});
  ~Disk();
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  /// Throws std::runtime_error for a call that cannot be (which is a mistake of the shim's).
  void apply(const Call& call);

  /// As a program sees it.
  [[nodiscard]] Image seen() const;
  [[nodiscard]] Image after_power_loss(const Fate& fate) const;

 private:
  struct Node;
  using NodePointer = std::shared_ptr<Node>;
  struct Open {
    NodePointer node;
    int flags = 0;
    std::string path;
  };

  [[nodiscard]] std::string below(const std::string& path) const;
  [[nodiscard]] NodePointer find(const std::string& path) const;
  /// The folder that holds `path`, and the name there.
  [[nodiscard]] std::pair<NodePointer, std::string> place(const std::string& path) const;
  void open(const Call& call);
  void rename(const Call& call);
  void sync(const Call& call);
  static void collect(const Node& folder, const std::string& path, std::mt19937_64* random,
                      const Fate& fate, Image& image);

  std::string root_;
  Ignored ignored_;
  NodePointer top_;
  std::map<int, Open> open_;
};

}  // namespace refold::crash
