#include "core/cli/backfill_report.h"

#include <algorithm>

#include "core/base/json_writer.h"
#include "core/cli/fields.h"
#include "core/cli/text.h"

namespace refold::cli {

using ingest::BackfillStatus;
using ingest::Drop;
using ingest::Fault;

namespace {

/// Enough to see what is wrong; --json has more of them.
constexpr std::size_t faults_shown_max = 50;

std::uint64_t rate(double count, double seconds) {
  return seconds <= 0 ? 0 : static_cast<std::uint64_t>(count / seconds);
}

std::uint64_t count_of(const BackfillStatus& status, Fault fault) {
  return status.faults[static_cast<std::size_t>(fault)];
}

/// Calls `each` for every count that is not 0.
template <class Each>
void each_fault(const BackfillStatus& status, const Each& each) {
  for (std::size_t at = 0; at < ingest::fault_count; ++at) {
    if (status.faults[at] > 0) each(std::string(name(static_cast<Fault>(at))), status.faults[at]);
  }
}

/// What the repos held that was left out or odd; not what the user wanted to be left out.
template <class Each>
void each_drop(const BackfillStatus& status, const Each& each) {
  for (std::size_t at = 0; at < ingest::drop_count; ++at) {
    const auto drop = static_cast<Drop>(at);
    const bool of_a_repo = drop == Drop::gone || drop == Drop::bad_tree;
    if (status.drops[drop] == 0 || of_a_repo) continue;
    each(std::string(ingest::name(drop)), status.drops[drop]);
  }
}

template <class Each>
void each_refusal(const BackfillStatus& status, const Each& each) {
  for (std::size_t at = 0; at < index::refusal_count; ++at) {
    const std::uint64_t count = status.outcome.refused[at];
    if (count > 0) each(std::string(index::name(static_cast<index::Refusal>(at))), count);
  }
}

}  // namespace

std::string progress_label(const BackfillStatus& status, double seconds) {
  std::string label = grouped(status.done + status.failed) + " of " + grouped(status.listed) +
                      (status.all_listed ? "" : "+") + " repos";
  if (status.failed > 0) label += "  " + grouped(status.failed) + " failed";
  return label + "  " + byte_text(rate(static_cast<double>(status.bytes), seconds)) + "/s";
}

bool BackfillReport::troubled() const noexcept {
  constexpr Fault of_the_account[] = {Fault::deactivated, Fault::taken_down, Fault::suspended,
                                      Fault::inactive, Fault::deleted};
  std::uint64_t settled = 0;
  for (const Fault fault : of_the_account) settled += count_of(status, fault);
  return status.failed > settled || status.unusable > 0;
}

std::string BackfillReport::text(const Terminal& terminal) const {
  Fields fields;
  const auto add_some = [&](const std::string& name, std::uint64_t count,
                            std::string_view note = "") {
    if (count > 0) fields.add_number(name, grouped(count), note);
  };
  const auto add_below = [&](const std::string& name, std::uint64_t count) {
    add_some("  " + name, count);
  };
  fields.add_number("repos", grouped(status.done),
                    status.before > 0 ? "with those of the run before" : "");
  fields.add_number("failed", grouped(status.failed));
  each_fault(status, add_below);
  add_some("no DID", status.unusable, "entries of the host's list");
  fields.add_number("records", grouped(status.records));
  fields.add_number("appended", grouped(status.outcome.appended));
  add_some("  no payload", status.outcome.missing, "the record was not sent");
  fields.add_number("known", grouped(status.outcome.known));
  add_some("refused", status.outcome.refused_total());
  each_refusal(status, add_below);
  each_drop(status, [&](const std::string& name, std::uint64_t count) { add_some(name, count); });
  fields.add_number("last seq", grouped(status.outcome.last));
  const double bytes = static_cast<double>(status.bytes);
  const double records = static_cast<double>(status.records);
  fields.add_number(
      "time", duration_text(seconds),
      grouped(rate(records, seconds)) + " records/s, " + byte_text(rate(bytes, seconds)) + "/s");
  std::string text = fields.text(terminal);
  const std::size_t shown = std::min(faults.size(), faults_shown_max);
  if (shown > 0) text += "\nNot taken:\n";
  for (std::size_t at = 0; at < shown; ++at) {
    text += "  " + faults[at].did + "  " + std::string(name(faults[at].fault)) + ": " +
            escaped_once(faults[at].message) + '\n';
  }
  if (status.failed > shown) text += "  and " + grouped(status.failed - shown) + " more\n";
  return text;
}

std::string BackfillReport::json() const {
  std::string out;
  JsonWriter json(out);
  const auto add = [&](const std::string& name, std::uint64_t count) { json.field(name, count); };
  json.open('{').field("repos", status.done).field("failed", status.failed);
  json.field("before", status.before).field("unusable", status.unusable);
  json.key("failed_by_reason").open('{');
  each_fault(status, add);
  json.close('}').field("records", status.records);
  json.field("appended", status.outcome.appended).field("missing", status.outcome.missing);
  json.field("known", status.outcome.known).field("refused", status.outcome.refused_total());
  json.key("refused_by_reason").open('{');
  each_refusal(status, add);
  json.close('}').key("noted").open('{');
  each_drop(status, add);
  json.close('}').field("bytes", status.bytes).field("last", status.outcome.last);
  json.key("complete").boolean(complete).key("seconds").decimal(seconds);
  json.key("failures").open('[');
  for (const ingest::RepoFault& one : faults) {
    json.open('{').field("did", one.did).field("reason", name(one.fault));
    json.field("message", escaped_once(one.message)).close('}');
  }
  json.close(']').close('}');
  return out;
}

}  // namespace refold::cli
