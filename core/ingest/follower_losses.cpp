#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string>

#include "core/base/clock.h"
#include "core/base/file.h"
#include "core/ingest/follower.h"

namespace refold::ingest {
namespace {

/// Of messages that were set aside: a server may send any number.
constexpr std::ptrdiff_t set_aside_files_max = 200;
/// How far the cursor steps to pass what is too large even for that: one seq or a second at first,
/// then more, but not out of all proportion, should a server send nothing else.
constexpr std::uint64_t step_us_min = 1'000'000;
constexpr std::uint64_t step_us_max = std::uint64_t{3'600} * 1'000'000;
constexpr std::uint64_t step_seqs_max = std::uint64_t{1} << 20;
/// A Jetstream answers a cursor with what came next. More than this behind it, with everything
/// wanted, it has lost something; else only if the cursor is older than what any server keeps.
constexpr std::int64_t clamp_us = 60'000'000;
constexpr std::int64_t surely_kept_us = std::int64_t{24} * 3'600 * 1'000'000;

}  // namespace

/// It cannot be set aside, for it was not taken in; and it would come again at this position.
/// Nobody knows where the next one begins: the step becomes longer until one comes.
SessionEnd Follower::take_too_large(const std::string& why) {
  const std::uint64_t cursor = decoder_->cursor();
  if (!strike(why) || cursor == 0) return again(why);
  const bool microseconds = options_.kind == SourceKind::jetstream;
  memory_.step = std::clamp<std::uint64_t>(2 * memory_.step, microseconds ? step_us_min : 1,
                                           microseconds ? step_us_max : step_seqs_max);
  add_gap("BrokenMessage", cursor + 1, cursor + memory_.step);
  decoder_->resume(cursor + memory_.step);
  return again(why);
}

/// Those that were passed before come again before the one that broke the connection.
std::optional<SessionEnd> Follower::take_broken(const std::string& message,
                                                const std::string& why) {
  const std::uint64_t cursor = decoder_->cursor();
  const unsigned passed = memory_.strike_cursor == cursor ? memory_.passed : 0;
  if (++broken_here_ <= passed) return std::nullopt;
  if (!strike(why)) return again("a message that cannot be read: " + why);
  ++memory_.passed;
  set_aside(message);
  add_gap("BrokenMessage", cursor + 1, cursor + 1);
  return std::nullopt;
}

bool Follower::strike(const std::string& why) {
  const std::uint64_t cursor = decoder_->cursor();
  if (memory_.strike_cursor != cursor) memory_.strikes = memory_.passed = 0;
  memory_.strike_cursor = cursor;
  if (++memory_.strikes < strikes_max) return false;
  memory_.strikes = 0;
  tell("what came behind cursor " + std::to_string(cursor) + " broke the connection " +
       std::to_string(strikes_max) + " times, and is left out: " + why);
  return true;
}

void Follower::add_gap(std::string_view reason, std::uint64_t first, std::uint64_t last) {
  auto& batch = submitter_.batch();
  batch.drafts.push_back(gap_draft(reason, first, last, batch.arena));
  ++gaps_;
}

void Follower::set_aside(const std::string& message) {
  std::error_code failed;
  std::filesystem::create_directories(site_.set_aside, failed);
  const std::filesystem::directory_iterator files(site_.set_aside, failed);
  if (std::distance(begin(files), end(files)) >= set_aside_files_max)
    return tell("the message is not kept: " + site_.set_aside.native() + " holds " +
                std::to_string(set_aside_files_max) + " already; remove some");
  const auto path = site_.set_aside / (options_.name + "-" + std::to_string(decoder_->cursor()) +
                                       "-" + std::to_string(memory_.passed));
  auto file = File::create(path);
  auto written = file ? file->write(bytes_of(message)) : Result<void>(file.error());
  ++set_aside_;
  tell(written ? "the message is in " + path.native() : written.error().message);
}

/// What was lost between the cursor and the first message that came.
void Follower::look_for_loss() {
  const std::uint64_t cursor = start_.value_or(0);
  if (memory_.ask != FollowMemory::Ask::cursor) {
    const std::uint64_t first = decoder_->cursor();
    if (first == cursor) return;
    if (first > cursor + 1) add_gap("CursorTooOld", cursor + 1, first - 1);
    loss_looked_for_ = true;
    memory_.ask = FollowMemory::Ask::cursor;
    return;
  }
  // A Jetstream of version 1 does not say that its cursor was too old: it starts where it can.
  const std::int64_t first = decoder_->upstream_us();
  const bool clamps = options_.kind == SourceKind::jetstream && cursor != 0;
  loss_looked_for_ = !clamps || first > 0;
  if (!clamps || first <= 0) return;
  const std::int64_t since = std::max(static_cast<std::int64_t>(cursor), memory_.quiet_us);
  const bool all = options_.filter.collections.empty() && options_.filter.dids.empty();
  if (first - since <= clamp_us || (!all && now_us() - since <= surely_kept_us)) return;
  add_gap("CursorClamped", cursor + 1, static_cast<std::uint64_t>(first) - 1);
}

}  // namespace refold::ingest
