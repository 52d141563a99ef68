#include "core/ingest/backfill/progress.h"

#include <charconv>
#include <numeric>

#include "core/base/characters.h"
#include "core/base/digest.h"

namespace refold::ingest {

namespace fs = std::filesystem;

namespace {

// One line each. Those of the first kind are written at once; a line is appended for each repo:
//   refold-backfill 1       the format
//   of TEXT                 for people
//   position HEX
//   done N                  repos fetched
//   count FAULT N           repos given up
//   ! DID FAULT MESSAGE     one of them
//   = DID                   settled behind the position
//   + DID                   fetched, appended
//   - DID FAULT MESSAGE     given up, appended
constexpr std::string_view format_line = "refold-backfill 1";
constexpr std::size_t file_bytes_max = std::size_t{64} << 20;
constexpr std::size_t message_bytes_max = 300;

/// Takes a word off the front of `line`.
std::string_view word_of(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

std::uint64_t count_in(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::optional<Fault> fault_named(std::string_view text) {
  for (std::size_t at = 0; at < fault_count; ++at) {
    if (name(static_cast<Fault>(at)) == text) return static_cast<Fault>(at);
  }
  return std::nullopt;
}

std::string text_of_hex(std::string_view digits) {
  std::string text;
  for (std::size_t at = 0; at + 1 < digits.size(); at += 2) {
    unsigned byte = 0;
    std::from_chars(digits.data() + at, digits.data() + at + 2, byte, 16);
    text += static_cast<char>(byte);
  }
  return text;
}

std::string fault_line(const RepoFault& one) {
  return one.did + ' ' + std::string(name(one.fault)) + ' ' + one.message;
}

std::optional<RepoFault> fault_in(std::string_view line) {
  const std::string_view did = word_of(line);
  const auto fault = fault_named(word_of(line));
  if (!fault) return std::nullopt;
  return RepoFault{std::string(did), *fault, std::string(line)};
}

Result<std::string> content(const fs::path& file) {
  auto opened = File::open(file);
  if (opened.has_error() && opened.error().code == Errc::not_found) return std::string();
  if (opened.has_error()) return std::move(opened).error();
  REFOLD_TRY(const std::uint64_t size, opened->size());
  if (size > file_bytes_max) return std::string();
  std::string text(size, '\0');
  REFOLD_CHECK(opened->read(0, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()}));
  return text;
}

}  // namespace

Result<BackfillProgress> BackfillProgress::open(const fs::path& folder, const std::string& what,
                                                bool again) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return system_error("create " + folder.string(), error.value());
  const Sha256Digest digest = sha256(bytes_of(what));
  const std::string key = hex(ByteView(digest).first(8));
  auto lock = WriterLock::take(folder / (key + ".lock"));
  if (lock.has_error()) return within("this backfill runs already", std::move(lock).error());
  BackfillProgress made(folder / (key + ".progress"), what, std::move(*lock));
  if (!again) {
    REFOLD_TRY(const std::string text, content(made.file_));
    made.load(text);
  }
  REFOLD_CHECK(made.save());
  return made;
}

std::uint64_t BackfillProgress::failed() const noexcept {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

void BackfillProgress::load(const std::string& text) {
  std::string_view rest(text);
  if (!rest.starts_with(format_line)) return;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return;  // the process was killed in the middle of it
    load_line(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
}

void BackfillProgress::load_line(std::string_view line) {
  const std::string_view kind = word_of(line);
  if (kind == "position") {
    position_ = text_of_hex(line);
  } else if (kind == "done") {
    done_ = count_in(line);
  } else if (kind == "count") {
    const auto fault = fault_named(word_of(line));
    if (fault) counts_[static_cast<std::size_t>(*fault)] = count_in(line);
  } else if (kind == "=") {
    settled_.emplace(line);
  } else if (kind == "+") {
    if (settled_.emplace(line).second) ++done_;
  } else if (kind == "!" || kind == "-") {
    auto fault = fault_in(line);
    if (!fault) return;
    if (kind == "-" && settled_.insert(fault->did).second)
      ++counts_[static_cast<std::size_t>(fault->fault)];
    keep(std::move(*fault));
  }
}

void BackfillProgress::keep(RepoFault fault) {
  if (faults_.size() < faults_kept_max) faults_.push_back(std::move(fault));
}

Result<void> BackfillProgress::add_done(const std::string& did) {
  if (!settled_.insert(did).second) return ok();
  ++done_;
  return append_line("+ " + did);
}

Result<void> BackfillProgress::add_fault(RepoFault fault) {
  if (!settled_.insert(fault.did).second) return ok();
  ++counts_[static_cast<std::size_t>(fault.fault)];
  fault.message = escaped_once(fault.message);
  if (fault.message.size() > message_bytes_max) fault.message.resize(message_bytes_max);
  const std::string line = "- " + fault_line(fault);
  keep(std::move(fault));
  return append_line(line);
}

Result<void> BackfillProgress::reach(const std::string& position,
                                     const std::vector<std::string>& dids) {
  position_ = position;
  for (const std::string& did : dids) settled_.erase(did);
  return save();
}

void BackfillProgress::finish() {
  writing_.reset();
  std::error_code ignored;
  fs::remove(file_, ignored);
}

Result<void> BackfillProgress::append_line(const std::string& line) {
  return writing_->write(bytes_of(line + '\n'));
}

std::string BackfillProgress::state() const {
  std::string text = std::string(format_line) + "\nof " + escaped(what_) + "\nposition " +
                     hex(bytes_of(position_)) + "\ndone " + std::to_string(done_) + '\n';
  for (std::size_t at = 0; at < fault_count; ++at) {
    if (counts_[at] == 0) continue;
    text += "count " + std::string(name(static_cast<Fault>(at))) + ' ' +
            std::to_string(counts_[at]) + '\n';
  }
  for (const RepoFault& one : faults_) text += "! " + fault_line(one) + '\n';
  for (const std::string& did : settled_) text += "= " + did + '\n';
  return text;
}

Result<void> BackfillProgress::save() {
  const fs::path next = file_.string() + ".next";
  REFOLD_TRY(File writing, File::create(next));
  REFOLD_CHECK(writing.write(bytes_of(state())));
  REFOLD_CHECK(writing.sync());
  std::error_code error;
  fs::rename(next, file_, error);
  if (error) return system_error("rename " + next.string(), error.value());
  writing_ = std::move(writing);
  return sync_folder(file_.parent_path());
}

}  // namespace refold::ingest
