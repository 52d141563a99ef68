#include "core/cli/importer.h"

#include <filesystem>

#include "core/cli/complaint.h"
#include "core/cli/console.h"
#include "core/cli/signals.h"
#include "core/cli/text.h"

namespace refold::cli {

namespace {

/// 0 as soon as one of them is no ordinary file.
std::uint64_t total_size(const std::vector<std::string>& files) {
  std::uint64_t total = 0;
  for (const auto& file : files) {
    std::error_code error;
    const std::filesystem::path path = console().resolve(file);
    if (!std::filesystem::is_regular_file(path, error)) return 0;
    total += std::filesystem::file_size(path, error);
    if (error) return 0;
  }
  return total;
}

}  // namespace

Importer::Importer(index::Recorder& recorder, ImportOptions options)
    : recorder_(recorder), options_(std::move(options)), total_bytes_(total_size(options_.files)) {
  start_batch(1);
}

Result<void> Importer::run() {
  auto imported = import_files();
  // Also after an error: what is at the recorder will be durable, and is to be counted.
  const auto settled = settle(0);
  progress_.clear();
  if (complaints_ > complaints_max) {
    complain(counted(complaints_ - complaints_max, "more refusal") +
             " like these; the table counts them by reason.");
  }
  return imported.has_error() ? imported : settled;
}

Result<void> Importer::import_files() {
  for (const auto& file : options_.files) {
    REFOLD_TRY(const auto input, Input::open(file));
    REFOLD_CHECK(import_file(*input));
    if (Interruption::requested()) break;
    done_bytes_ += input->consumed_bytes();
  }
  return ok();
}

Result<void> Importer::import_file(Input& input) {
  LineReader lines(input, ingest::line_bytes_max);
  start_batch(1);
  Line line;
  Result<void> result = ok();
  while (result.has_value()) {
    const auto read = lines.next(line);
    // An interrupted read ends in the middle of a line.
    if (Interruption::requested()) break;
    if (read.has_error()) {
      result = read.error();
      break;
    }
    if (!*read) break;
    result = take(input, line);
  }
  const auto submitted = submit_batch(input, line.number);
  return result.has_error() ? result : submitted;
}

Result<void> Importer::take(const Input& input, const Line& line) {
  if (progress_.due()) {
    const std::string label = std::filesystem::path(input.name()).filename().string();
    progress_.update(label, done_bytes_ + input.consumed_bytes(), total_bytes_, report_.lines());
  }
  if (!line.too_long && line.text.find_first_not_of(" \t\r") == std::string_view::npos) return ok();
  report_.add_line();
  ingest::LineResult decoded;
  if (line.too_long) {
    decoded =
        ingest::LineError{ingest::LineFault::too_long,
                          "the line has more than " + grouped(ingest::line_bytes_max) + " bytes"};
  } else {
    decoded = decoder_.decode_line(line.text, batch_);
  }
  if (decoded.has_error()) {
    return refuse(input.name() + ":" + std::to_string(line.number), decoded.error());
  }
  batch_bytes_ += line.text.size();
  if (batch_.drafts.size() < batch_drafts_max && batch_bytes_ < batch_bytes_max) return ok();
  return submit_batch(input, line.number);
}

Result<void> Importer::refuse(const std::string& place, const ingest::LineError& error) {
  report_.add_fault(error.fault);
  if (options_.strict) {
    return Error{Errc::invalid, place + ": " + error.reason +
                                    "\nStopped there (--strict). The lines before it are in the "
                                    "log; correct the line and import the file again."};
  }
  complain_of(place, error.reason);
  return ok();
}

Result<void> Importer::submit_batch(const Input& input, std::uint64_t last_line) {
  if (batch_.drafts.empty()) return ok();
  REFOLD_CHECK(settle(batches_in_flight_max - 1));
  Flight flight;
  flight.lines =
      input.name() + ", lines " + grouped(batch_first_line_) + " to " + grouped(last_line);
  flight.outcome = recorder_.submit(std::move(batch_));
  flights_.push_back(std::move(flight));
  start_batch(last_line + 1);
  return ok();
}

void Importer::start_batch(std::uint64_t first_line) {
  batch_ = {};
  batch_.source = options_.source;
  batch_.drafts.reserve(batch_drafts_max);
  batch_bytes_ = 0;
  batch_first_line_ = first_line;
}

Result<void> Importer::settle(std::size_t in_flight_max) {
  Result<void> result = ok();
  while (flights_.size() > in_flight_max) {
    const auto settled = settle_one();
    if (settled.has_error() && result.has_value()) result = settled;
  }
  return result;
}

Result<void> Importer::settle_one() {
  Flight flight = std::move(flights_.front());
  flights_.pop_front();
  const auto outcome = flight.outcome.get();
  if (outcome.has_error()) return within(flight.lines, outcome.error());
  report_.add(*outcome);
  const std::string refused = refusal_text(*outcome);
  if (refused.empty()) return ok();
  if (options_.strict) {
    return Error{Errc::invalid, flight.lines + ": the log refused " + refused +
                                    "\nStopped there (--strict). What it did not refuse is in "
                                    "the log."};
  }
  complain_of(flight.lines, "the log refused " + refused);
  return ok();
}

void Importer::complain_of(const std::string& place, const std::string& reason) {
  if (++complaints_ > complaints_max) return;
  progress_.clear();
  (void)console().write(Console::To::err, place + ": " + reason + "\n");
}

}  // namespace refold::cli
