#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "core/base/result.h"
#include "core/log/event.h"

namespace refold::bench {

/// What every event of a benchmark says of its source.
inline constexpr std::string_view source_name = "bench";

/// Writes the events of Traffic(seed, events) to a file, so that they are ready before a clock
/// starts and take no memory of the process that reads them (a mapped file is page cache).
[[nodiscard]] Result<void> prepare(const std::filesystem::path& file, std::uint64_t seed,
                                   std::uint64_t events);

/// Reads such a file, batch by batch. The events stay valid as long as this lives. One thread.
class PreparedEvents {
 public:
  [[nodiscard]] static Result<PreparedEvents> open(const std::filesystem::path& file);
  ~PreparedEvents();
  PreparedEvents(PreparedEvents&& other) noexcept;
  PreparedEvents& operator=(PreparedEvents&&) = delete;

  /// Fills `batch` with the next events, at most `count`; empty at the end. They are numbered from
  /// 1; their witness times are those of a live log that commits every two milliseconds; they carry
  /// no `previous`.
  void next(std::size_t count, std::vector<log::Event>& batch);
  /// Makes `seq` the next one. Costs a look at each event before it.
  void seek(log::Seq seq);

 private:
  PreparedEvents(const std::uint8_t* bytes, std::size_t size) : bytes_(bytes), size_(size) {}

  const std::uint8_t* bytes_;
  std::size_t size_;
  std::size_t at_ = 0;
  log::Seq last_ = 0;
};

}  // namespace refold::bench
