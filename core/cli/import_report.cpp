#include "core/cli/import_report.h"

#include "core/base/json_writer.h"
#include "core/cli/fields.h"
#include "core/cli/text.h"

namespace refold::cli {

using index::Outcome;
using index::Refusal;
using index::refusal_count;

namespace {

std::uint64_t per_second(std::uint64_t count, double seconds) {
  return seconds <= 0 ? 0 : static_cast<std::uint64_t>(static_cast<double>(count) / seconds);
}

}  // namespace

void ImportReport::add(const Outcome& outcome) {
  outcome_.add(outcome);
  for (std::size_t at = 0; at < refusal_count; ++at) {
    if (outcome.refused[at] == 0) continue;
    refused_[std::string(index::name(static_cast<Refusal>(at)))] += outcome.refused[at];
  }
}

void ImportReport::add(const ingest::Drops& drops) {
  for (std::size_t at = 0; at < ingest::drop_count; ++at) {
    const auto reason = static_cast<ingest::Drop>(at);
    if (drops[reason] == 0) continue;
    auto& counts = ingest::is_refusal(reason) ? refused_ : noted_;
    counts[std::string(ingest::name(reason))] += drops[reason];
  }
}

std::uint64_t ImportReport::refused() const noexcept {
  std::uint64_t total = 0;
  for (const auto& [reason, count] : refused_) total += count;
  return total;
}

std::uint64_t ImportReport::tombstones() const noexcept {
  const std::uint64_t settled = outcome_.known + outcome_.refused_total() + outcome_.appended;
  return settled > drafts_ ? settled - drafts_ : 0;
}

std::string ImportReport::text(const Terminal& terminal, const Circumstances& of) const {
  Fields fields;
  const auto add_some = [&](std::string name, std::uint64_t count, std::string_view note) {
    if (count > 0) fields.add_number(std::move(name), grouped(count), note);
  };
  if (lines_ > 0 || frames_ + repos_ == 0) fields.add_number("lines", grouped(lines_));
  add_some("frames", frames_, "");
  add_some("repos", repos_, "");
  if (frames_ + repos_ > 0) fields.add_number("operations", grouped(drafts_));
  fields.add_number("appended", grouped(outcome_.appended));
  add_some("  tombstones", tombstones(), repos_ == 0 ? "of accounts that were deleted" : "of deleted accounts, or gone from a repo");
  add_some("  late", outcome_.late, "older than what the log had of the record");
  add_some("  no payload", outcome_.missing, "the record was not sent, or could not be taken");
  fields.add_number("known", grouped(outcome_.known));
  fields.add_number("refused", grouped(refused()));
  for (const auto& [reason, count] : refused_) fields.add_number("  " + reason, grouped(count));
  for (const auto& [reason, count] : noted_) fields.add_number(reason, grouped(count));
  fields.add_number("last seq", grouped(of.last));
  fields.add_number("time", duration_text(of.seconds),
                    grouped(per_second(drafts_, of.seconds)) + " events/s");
  return fields.text(terminal);
}

std::string ImportReport::json(const Circumstances& of) const {
  std::string out;
  JsonWriter json(out);
  json.open('{').field("lines", lines_).field("frames", frames_).field("repos", repos_);
  json.field("operations", drafts_);
  json.field("appended", outcome_.appended).field("late", outcome_.late);
  json.field("tombstones", tombstones());
  json.field("missing", outcome_.missing).field("known", outcome_.known);
  json.field("refused", refused()).key("refused_by_reason").open('{');
  for (const auto& [reason, count] : refused_) json.field(reason, count);
  json.close('}').key("noted").open('{');
  for (const auto& [reason, count] : noted_) json.field(reason, count);
  json.close('}').field("last", of.last);
  json.key("complete").boolean(of.complete);
  json.key("seconds").decimal(of.seconds);
  json.field("events_per_second", per_second(drafts_, of.seconds)).close('}');
  return out;
}

std::string refusal_text(const Outcome& outcome) {
  std::string text;
  for (std::size_t at = 0; at < refusal_count; ++at) {
    if (outcome.refused[at] == 0) continue;
    if (!text.empty()) text += ", ";
    text += grouped(outcome.refused[at]) + " " + std::string(index::name(static_cast<Refusal>(at)));
  }
  return text;
}

}  // namespace refold::cli
