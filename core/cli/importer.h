#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/cli/import_report.h"
#include "core/cli/input.h"
#include "core/cli/lines.h"
#include "core/cli/progress.h"
#include "core/index/recorder.h"
#include "core/ingest/capture.h"
#include "core/ingest/firehose.h"
#include "core/ingest/jsonl.h"

namespace refold::cli {

struct ImportOptions {
  std::vector<std::string> files;
  std::string source = "import";
  bool strict = false;
  std::function<std::string()> no_room{};  ///< says why nothing should be appended now, or nothing
};

/// Feeds files to a recorder: JSON lines, frames of a firehose, repos as CAR, told apart by their
/// first bytes. Decodes the next batch while the ones before it are being committed. Tells about
/// the first things that are refused on standard error. One thread.
class Importer {
 public:
  static constexpr std::size_t batch_drafts_max = 10'000;
  static constexpr std::size_t batch_bytes_max = std::size_t{16} << 20;  ///< of lines or frames
  static constexpr std::size_t car_bytes_max = std::size_t{1} << 30;     ///< held in memory
  static constexpr std::size_t batches_in_flight_max = 2;
  static constexpr std::uint64_t complaints_max = 10;

  Importer(index::Recorder& recorder, ImportOptions options);

  /// Imports the files, in order. Ends early, in good order, when an Interruption is requested.
  ///
  /// Whatever it returns, what report() counts is durable, and what was decoded before the end was
  /// given to the recorder. Errors: a file that cannot be read, a repo that is damaged, a recorder
  /// that cannot write, and with `strict` the first line, frame or record that is refused.
  [[nodiscard]] Result<void> run();

  [[nodiscard]] const ImportReport& report() const noexcept { return report_; }

 private:
  /// A batch at the recorder.
  struct Flight {
    std::future<Result<index::Outcome>> outcome;
    std::string lines;  ///< "events.jsonl, lines 1 to 10,000"
  };

  Result<void> import_files();
  Result<void> import_file(Input& input);
  Result<void> import_lines(Input& input);
  Result<void> import_frames(Input& input);
  Result<void> import_car(Input& input);
  Result<void> take_frame(const Input& input, std::uint64_t number, ByteView frame);
  [[nodiscard]] ingest::Drops::Tell teller(const Input& input);
  void show(const Input& input);
  Result<void> take(const Input& input, const ingest::Line& line);
  Result<void> refuse(const std::string& place, std::string_view reason,
                      const std::string& sentence);
  Result<void> submit_batch(const Input& input, std::string_view unit, std::uint64_t last);
  /// Waits until at most `in_flight_max` batches are at the recorder.
  Result<void> settle(std::size_t in_flight_max);
  Result<void> settle_one();
  void complain_of(const std::string& place, const std::string& reason);
  void start_batch(std::uint64_t first);
  [[nodiscard]] Result<void> check_room() const;

  index::Recorder& recorder_;
  ImportOptions options_;
  ingest::JsonlDecoder decoder_;
  std::unique_ptr<ingest::FirehoseDecoder> frames_;  ///< of the file that is being read
  std::uint64_t frame_number_ = 0;
  std::string told_;  ///< the sentence about the last drop
  index::DraftBatch batch_;
  const std::shared_ptr<index::Run> run_ = std::make_shared<index::Run>();
  std::size_t batch_bytes_ = 0;
  std::uint64_t batch_first_ = 1;  ///< line or frame
  std::deque<Flight> flights_;
  ImportReport report_;
  Progress progress_{"events"};
  std::uint64_t complaints_ = 0;
  std::uint64_t done_bytes_ = 0;   ///< of the files before the current one
  std::uint64_t total_bytes_ = 0;  ///< of all files; 0 if not known
};

}  // namespace refold::cli
