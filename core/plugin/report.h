#pragma once

#include <optional>
#include <string>

#include "core/base/bytes.h"
#include "core/plugin/probe.h"

namespace refold::plugin {

/// What a probing child tells its parent through their channel: records of a kind and sized bytes,
/// behind a greeting. A plugin can write there too, so what comes out is hostile.
inline constexpr std::size_t report_bytes_max = manifest_bytes_max + (std::size_t{1} << 20);

/// The records: a greeting first, then steps (what is about to be done, so that a crash or a hang
/// has a place: "starting"), then the end: it is refused, or nothing is wrong with it.
[[nodiscard]] Bytes greeting_record();
[[nodiscard]] Bytes step_record(std::string_view step);
[[nodiscard]] Bytes end_record(const Result<Probed>& end);

/// Sends records through a descriptor, which stays the caller's. If nobody reads them any more,
/// that is no error of the sender. One thread at a time.
class ReportWriter {
 public:
  /// Greets.
  explicit ReportWriter(int descriptor) : descriptor_(descriptor) { send(greeting_record()); }

  void step(std::string_view step) const { send(step_record(step)); }
  void end(const Result<Probed>& end) const { send(end_record(end)); }

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
