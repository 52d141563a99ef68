#include "core/cli/importer.h"

#include <filesystem>
#include <vector>

#include "core/cli/complaint.h"
#include "core/cli/console.h"
#include "core/cli/signals.h"
#include "core/cli/text.h"
#include "core/ingest/repo.h"

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

std::string strict_note(std::string_view unit) {
  const bool lines = unit == "lines";
  return "\nStopped there (--strict). The " + std::string(unit) + " before it are in the log; " +
         (lines ? "correct the line and import the file again." : "import the file without it.");
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
    REFOLD_CHECK(check_room());
    REFOLD_CHECK(import_file(*input));
    if (Interruption::requested()) break;
    done_bytes_ += input->consumed_bytes();
  }
  return ok();
}

Result<void> Importer::import_file(Input& input) {
  REFOLD_TRY(const ByteView start, input.peek(ingest::form_bytes));
  start_batch(1);
  switch (ingest::form_of(start)) {
    case ingest::CaptureForm::frames: return import_frames(input);
    case ingest::CaptureForm::car: return import_car(input);
    case ingest::CaptureForm::lines: break;
  }
  return import_lines(input);
}

Result<void> Importer::import_lines(Input& input) {
  LineReader lines(input, ingest::line_bytes_max);
  ingest::Line line;
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
  const auto submitted = submit_batch(input, "lines", line.number);
  return result.has_error() ? result : submitted;
}

Result<void> Importer::import_frames(Input& input) {
  ingest::DecoderOptions with;
  with.tell = teller(input);
  frames_ = std::make_unique<ingest::FirehoseDecoder>(std::move(with));
  ingest::FrameCutter cutter;
  std::vector<char> buffer(Input::buffer_bytes);
  const auto read_all = [&]() -> Result<void> {
    while (true) {
      REFOLD_TRY(const std::size_t count, input.read(buffer));
      if (Interruption::requested()) return ok();
      if (count == 0) break;
      cutter.add(bytes_of(std::string_view(buffer.data(), count)));
      ByteView frame;
      while (true) {
        auto cut = cutter.next(frame);
        if (cut.has_error()) return within(input.name(), std::move(cut).error());
        if (!*cut) break;
        REFOLD_CHECK(take_frame(input, cutter.number(), frame));
      }
    }
    if (cutter.left() == 0) return ok();
    return Error{Errc::corrupt, input.name() + ": ends in the middle of frame " +
                                    grouped(cutter.number() + 1) +
                                    "; what came before is in the log"};
  };
  const auto result = read_all();
  const auto submitted = submit_batch(input, "frames", cutter.number());
  report_.add(frames_->drops());
  frames_.reset();
  return result.has_error() ? result : submitted;
}

Result<void> Importer::take_frame(const Input& input, std::uint64_t number, ByteView frame) {
  show(input);
  report_.add_frame();
  const std::string place = input.name() + ", frame " + grouped(number);
  const std::uint64_t refused_before = frames_->drops().refused();
  frame_number_ = number;
  const ingest::Verdict verdict = frames_->decode(frame, batch_);
  switch (verdict.kind) {
    case ingest::Verdict::Kind::broken: break;  // it is counted among the drops
    case ingest::Verdict::Kind::refused:
      return refuse(place, "server_error",
                    "the server said " + verdict.code + " " + verdict.message);
    case ingest::Verdict::Kind::taken: break;
  }
  if (options_.strict && frames_->drops().refused() > refused_before) {
    return Error{Errc::invalid, place + ": " + told_ + strict_note("frames")};
  }
  batch_bytes_ += frame.size();
  if (batch_.drafts.size() < batch_drafts_max && batch_bytes_ < batch_bytes_max) return ok();
  return submit_batch(input, "frames", number);
}

Result<void> Importer::import_car(Input& input) {
  Bytes car;
  std::vector<char> buffer(Input::buffer_bytes);
  while (true) {
    REFOLD_TRY(const std::size_t count, input.read(buffer));
    if (Interruption::requested()) return ok();
    if (count == 0) break;
    append(car, bytes_of(std::string_view(buffer.data(), count)));
    if (car.size() > car_bytes_max) {
      return Error{Errc::too_large, input.name() + ": a repo of more than " +
                                        grouped(car_bytes_max) + " bytes is not read from a file"};
    }
    show(input);
  }
  REFOLD_CHECK(settle(0));
  ingest::Drops drops(teller(input));
  const auto imported = ingest::import_repo(car, recorder_, options_.source, drops);
  report_.add(drops);
  if (imported.has_error()) {
    const Error error = within(input.name(), imported.error());
    // A repo that is refused is one thing of many; what stops the recorder stops everything.
    const bool refused = error.code == Errc::invalid || error.code == Errc::not_found ||
                         error.code == Errc::unsupported || error.code == Errc::too_large;
    if (!refused || options_.strict) return error;
    const bool told = drops[ingest::Drop::gone] + drops[ingest::Drop::bad_tree] > 0;
    if (!told) report_.refuse("bad_repo");
    complain_of(input.name(), imported.error().message);
    return ok();
  }
  report_.add_repo(imported->records);
  report_.add(imported->outcome);
  if (options_.strict && drops.refused() > 0) {
    return Error{Errc::invalid, input.name() + ": " + told_ + "\nStopped there (--strict)."};
  }
  return ok();
}

/// Tells of the first drops that are refusals; the table counts all of them.
ingest::Drops::Tell Importer::teller(const Input& input) {
  return [this, name = input.name()](ingest::Drop reason, std::uint64_t /*count*/,
                                     const std::string& sentence) {
    if (!ingest::is_refusal(reason)) return;
    told_ = sentence;
    const std::string frame = frames_ ? ", frame " + grouped(frame_number_) : "";
    if (!options_.strict) complain_of(name + frame, sentence);
  };
}

void Importer::show(const Input& input) {
  if (!progress_.due()) return;
  const std::string label = std::filesystem::path(input.name()).filename().string();
  progress_.update(label, done_bytes_ + input.consumed_bytes(), total_bytes_, report_.drafts());
}

Result<void> Importer::take(const Input& input, const ingest::Line& line) {
  show(input);
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
    return refuse(input.name() + ":" + std::to_string(line.number),
                  ingest::name(decoded.error().fault), decoded.error().reason);
  }
  batch_bytes_ += line.text.size();
  if (batch_.drafts.size() < batch_drafts_max && batch_bytes_ < batch_bytes_max) return ok();
  return submit_batch(input, "lines", line.number);
}

Result<void> Importer::refuse(const std::string& place, std::string_view reason,
                              const std::string& sentence) {
  report_.refuse(reason);
  if (options_.strict) {
    return Error{Errc::invalid, place + ": " + sentence + strict_note("lines")};
  }
  complain_of(place, sentence);
  return ok();
}

Result<void> Importer::submit_batch(const Input& input, std::string_view unit, std::uint64_t last) {
  if (frames_) frames_->finish(batch_);
  if (batch_.drafts.empty() && batch_.extras.marks.empty()) return ok();
  REFOLD_CHECK(check_room());
  REFOLD_CHECK(settle(batches_in_flight_max - 1));
  Flight flight;
  flight.lines = input.name() + ", " + std::string(unit) + " " + grouped(batch_first_) + " to " +
                 grouped(last);
  report_.add_drafts(batch_.drafts.size());
  flight.outcome = recorder_.submit(std::move(batch_));
  flights_.push_back(std::move(flight));
  start_batch(last + 1);
  return ok();
}

Result<void> Importer::check_room() const {
  const std::string why = options_.no_room ? options_.no_room() : std::string();
  if (why.empty()) return ok();
  return Error{Errc::no_space,
               why + "\nWhat was imported is in the log; the same command goes on."};
}

void Importer::start_batch(std::uint64_t first) {
  batch_ = {};
  batch_.source = options_.source;
  batch_.run = run_;
  batch_.drafts.reserve(batch_drafts_max);
  batch_bytes_ = 0;
  batch_first_ = first;
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
