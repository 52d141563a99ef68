#pragma once

#include <optional>
#include <string>

#include "core/base/bytes.h"
#include "core/plugin/probe.h"

namespace refold::plugin {

/// What a probing child tells its parent through a pipe: records of a kind and sized bytes, behind a
/// greeting. A plugin can write to that pipe too, so what comes out is hostile.
inline constexpr std::size_t report_bytes_max = manifest_bytes_max + (std::size_t{1} << 20);

/// Writes a report. One thread at a time.
class ReportWriter {
 public:
  /// Greets. `descriptor` stays the caller's.
  explicit ReportWriter(int descriptor);

  /// What is about to be done, so that a crash or a hang has a place: "starting".
  void step(std::string_view what);
  /// The end: it is refused.
  void refused(const Error& error);
  /// The end: nothing is wrong with it.
  void passed(const Probed& probed);

 private:
  void send(ByteView bytes) const;
  int descriptor_;
};

/// A report, as far as it came.
struct Report {
  bool greeted = false;  ///< the child is a runner of this version
  std::string step;      ///< the last one; empty if there was none
  std::optional<Error> refusal;
  std::optional<Probed> passed;
};

/// Reads a report that may end anywhere. Errors: `corrupt`: it is not one.
[[nodiscard]] Result<Report> read_report(ByteView bytes);

}  // namespace refold::plugin
