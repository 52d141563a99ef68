#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/plugin/manifest.h"
#include "core/projection/progress.h"
#include "core/projection/slice.h"

namespace refold::projection {

/// What the catalog remembers. Each record is one value there.

/// What a generation is to its projection. On disk.
enum class State : std::uint8_t {
  building = 1,  ///< catching up; then it becomes live, by taking the place of the current one
  ready = 2,     ///< caught up, and held back from that
  live = 3,      ///< the current one, caught up
  retired = 4,   ///< was current; may come back
  detached = 5,  ///< built from a slice of the log, to look at
};
/// "building", "ready", ...
[[nodiscard]] std::string_view name(State state) noexcept;

/// Where the code of a library runs. On disk.
enum class RunsIn : std::uint8_t {
  thread = 1,   ///< of the engine
  process = 2,  ///< one of its own, if the engine has such: see isolation.h
};
/// "thread", "process".
[[nodiscard]] std::string_view name(RunsIn runs_in) noexcept;

/// Where code comes from, and where it runs.
struct CodeReference {
  std::string plugin;      ///< its name
  std::string file;        ///< the staged file's name in plugins/; empty: built into the program
  std::string projection;  ///< one of those that it offers
  std::string version;     ///< for people
  std::uint64_t fold = 0;
  RunsIn runs_in = RunsIn::thread;
  friend bool operator==(const CodeReference&, const CodeReference&) = default;
};

using OptionPairs = std::vector<std::pair<std::string, std::string>>;

struct GenerationRecord {
  std::uint64_t number = 0;
  State state = State::building;
  CodeReference code;
  OptionPairs options;  ///< as given
  bool hold = false;    ///< building: not to be promoted by itself
  /// Building: it was current before, and is not deleted when that is cancelled.
  bool returning = false;
  Slice slice;                ///< detached: what of the log it is built from
  log::Seq until = no_end;    ///< detached: where it ends
  std::uint64_t retired = 0;  ///< counts up: the newest retired one is the one to roll back to
  std::int64_t created_us = 0;
  std::optional<Failure> failure;
  std::vector<log::Seq> skip;  ///< by command; sorted
  friend bool operator==(const GenerationRecord&, const GenerationRecord&) = default;
};

/// One named instance of a projection.
struct ProjectionRecord {
  std::string name;
  std::uint64_t current = 0;   ///< the generation that answers queries
  std::uint64_t next = 1;      ///< the next generation's number: none is used twice
  std::uint64_t switches = 0;  ///< how often a generation was retired
  bool paused = false;
  bool keep_warm = false;                     ///< the newest retired generation goes on folding
  std::vector<GenerationRecord> generations;  ///< by number

  [[nodiscard]] GenerationRecord* find(std::uint64_t number) noexcept;
  [[nodiscard]] const GenerationRecord* find(std::uint64_t number) const noexcept;
  friend bool operator==(const ProjectionRecord&, const ProjectionRecord&) = default;
};

/// A plugin that was probed and staged.
struct PluginRecord {
  std::string file;     ///< its name in plugins/; the key
  std::string hash;     ///< SHA-256, hexadecimal
  std::string origin;   ///< the path that it was loaded from
  bool pinned = false;  ///< the probe could not unload it
  std::int64_t staged_us = 0;
  plugin::PluginInfo info;
  friend bool operator==(const PluginRecord&, const PluginRecord&) = default;
};

/// A library that was refused, and why.
struct RefusalRecord {
  std::string hash;  ///< SHA-256, hexadecimal; the key
  std::string origin;
  std::string reason;
  std::int64_t at_us = 0;
  friend bool operator==(const RefusalRecord&, const RefusalRecord&) = default;
};

[[nodiscard]] Bytes encode(const ProjectionRecord& record);
[[nodiscard]] Bytes encode(const PluginRecord& record);
[[nodiscard]] Bytes encode(const RefusalRecord& record);
/// Errors: `corrupt`.
[[nodiscard]] Result<ProjectionRecord> decode_projection(std::string_view key, ByteView value);
[[nodiscard]] Result<PluginRecord> decode_plugin(std::string_view key, ByteView value);
[[nodiscard]] Result<RefusalRecord> decode_refusal(std::string_view key, ByteView value);

}  // namespace refold::projection
