#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <vector>

namespace refold::engine {

/// A folder into which libraries are put to be loaded, and what has arrived there. Knows files,
/// and nothing of what is in them. One thread.
class PluginFolder {
 public:
  using Clock = std::chrono::steady_clock;

  struct Arrival {
    std::filesystem::path file;
    bool was_there = false;  ///< and has not changed since the folder was looked at first
  };

  PluginFolder() = default;  ///< none: nothing ever arrives
  /// A library has arrived when it has been the same for `rest`: until then it may be half written.
  PluginFolder(std::filesystem::path folder, std::chrono::milliseconds rest)
      : folder_(std::move(folder)), rest_(rest) {}

  /// The libraries (`*.so`, hidden ones left out) that are new or have changed, each once, by name.
  [[nodiscard]] std::vector<Arrival> look(Clock::time_point now);
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return folder_; }
  /// Whether it could be read, when it was looked at last.
  [[nodiscard]] bool readable() const noexcept { return readable_; }

 private:
  /// Two files of the same stamp are the same one.
  struct Stamp {
    ino_t number = 0;
    off_t bytes = 0;
    std::int64_t written_ns = 0;
    std::int64_t changed_ns = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  struct Seen {
    Stamp stamp;
    Clock::time_point since;
    bool told = false;
    bool was_there = false;
  };

  [[nodiscard]] static bool read_stamp(const std::filesystem::path& file, Stamp& stamp);
  [[nodiscard]] std::vector<std::filesystem::path> libraries();

  std::filesystem::path folder_;
  std::chrono::milliseconds rest_{};
  bool first_ = true;
  bool readable_ = true;
  std::map<std::filesystem::path, Seen> seen_;
};

}  // namespace refold::engine
