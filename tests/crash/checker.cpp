#include "tests/crash/checker.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <unordered_map>

#include "core/index/index.h"
#include "core/log/chain.h"
#include "core/log/reader.h"
#include "tests/crash/options.h"
#include "tests/support/temp_folder.h"

namespace refold::crash {
namespace {

namespace fs = std::filesystem;

Error broken(std::string what) { return {Errc::corrupt, std::move(what)}; }

struct Seen {
  unsigned whole = 0;    ///< with its payload, or having none
  unsigned missing = 0;  ///< without the payload it should have
  bool redacted = false;
  std::uint64_t record = 0;
};

/// "event 4711 (create did/collection/rkey ...)".
std::string describe(const log::Event& event) {
  return "event " + std::to_string(event.seq) + " (" + identity_of(event) + ")";
}

}  // namespace

struct Checker::Log {
  fs::path data;
  std::unordered_map<std::string, Seen> events;
  std::vector<std::uint64_t> headers;
  std::map<std::string, std::uint64_t> cursors;
  /// Path of a record -> seqs of its versions that have a payload.
  std::unordered_map<std::string, std::vector<log::Seq>> payloads;

  Result<void> add(const log::Event& event);
  Result<void> read(const log::WitnessLog& log);
  Result<void> compare_with(const fs::path& memory) const;
};

Result<void> Checker::Log::add(const log::Event& event) {
  Bytes header;
  log::append_chain_header(header, event);
  headers.push_back(checksum(header, event.seq));
  Seen& seen = events[identity_of(event)];
  const bool missing = event.missing != log::Missing::no;
  if (++(missing ? seen.missing : seen.whole) > 1) return broken(describe(event) + " came twice");
  if (event.has(log::flag::redacted)) seen.redacted = true;
  if (!missing) seen.record = checksum(event.record);
  if (!event.record.empty()) {
    const std::string path = std::string(event.did).append("/").append(event.collection);
    payloads[path + "/" + std::string(event.rkey)].push_back(event.seq);
  }
  return ok();
}

Result<void> Checker::Log::read(const log::WitnessLog& log) {
  log::Reader reader(log, 1, log::Matcher::make({.history = true}).value());
  log::Page page;
  log::Seq last = 0;
  std::int64_t last_us = 0;
  for (;;) {
    REFOLD_TRY(const bool more, reader.next(page));
    for (const log::Event& event : page.events) {
      if (event.seq != ++last) return broken("event " + std::to_string(last) + " is not there");
      if (event.witness_us < last_us) return broken(describe(event) + " was witnessed too early");
      last_us = event.witness_us;
      REFOLD_CHECK(add(event));
    }
    if (!more) break;
  }
  REFOLD_TRY(const log::Seq newest, log.last());
  if (newest != last)
    return broken("the log says it ends at " + std::to_string(newest) + ", a reader at " +
                  std::to_string(last));
  REFOLD_TRY(const auto all, log.cursors());
  for (const log::CursorEntry& cursor : all) {
    cursors[cursor.name] = std::strtoull(cursor.value.c_str(), nullptr, 10);
  }
  return ok();
}

/// Compares with what the file remembers, and makes it remember this.
Result<void> Checker::Log::compare_with(const fs::path& memory) const {
  if (memory.empty()) return ok();
  const std::string before = testing::content_of(memory);
  const std::size_t count = before.size() / sizeof(std::uint64_t);
  if (count > headers.size()) {
    return broken("the log had " + std::to_string(count) + " events, now it has " +
                  std::to_string(headers.size()));
  }
  for (std::size_t index = 0; index < count; ++index) {
    std::uint64_t header = 0;
    std::memcpy(&header, before.data() + index * sizeof header, sizeof header);
    if (header != headers[index]) {
      return broken("event " + std::to_string(index + 1) + " is not what it was");
    }
  }
  std::ofstream out(memory, std::ios::binary);
  out.write(reinterpret_cast<const char*>(headers.data()),
            static_cast<std::streamsize>(headers.size() * sizeof(std::uint64_t)));
  return ok();
}

const std::vector<Checker::Expected>& Checker::expected(std::uint64_t number) {
  auto [found, added] = expected_.try_emplace(number);
  if (!added) return found->second;
  for (const index::Draft& draft : traffic_.fresh(number).drafts) {
    if (refused(draft)) continue;
    found->second.push_back(
        {identity_of(draft), draft.missing == log::Missing::no, checksum(draft.record)});
  }
  return found->second;
}

void Checker::expect(std::span<const Ack> acks) {
  for (const Ack& ack : acks) {
    if (ack.kind != Ack::recorded || expected_.contains(ack.number)) continue;
    (void)expected(ack.number);
    digests_[ack.number] = traffic_.digest(ack.number);
  }
}

Result<void> Checker::check_batch(const Log& log, std::uint64_t number) {
  for (const Expected& draft : expected(number)) {
    const auto found = log.events.find(draft.identity);
    const std::string name = "batch " + std::to_string(number) + ": " + draft.identity;
    if (found == log.events.end()) return broken(name + " is not there");
    const Seen& seen = found->second;
    if (!draft.whole) continue;
    if (seen.whole != 1) return broken(name + " has lost its payload");
    if (!seen.redacted && seen.record != draft.record) return broken(name + " has changed");
  }
  return ok();
}

Result<void> Checker::check_redaction(const Log& log, const Ack& ack) {
  const index::DraftBatch batch = traffic_.fresh(ack.number);
  const index::Draft& draft = batch.drafts.at(ack.place);
  const auto found = log.events.find(identity_of(draft));
  if (found == log.events.end() || !found->second.redacted) {
    return broken(identity_of(draft) + " was redacted, and has its payload");
  }
  const std::string path = std::string(draft.did).append("/").append(draft.collection);
  const auto left = log.payloads.find(path + "/" + std::string(draft.rkey));
  if (left != log.payloads.end() && left->second.front() <= ack.last) {
    return broken("event " + std::to_string(left->second.front()) + " has its payload, although " +
                  path + "/" + std::string(draft.rkey) + " was redacted when the log ended at " +
                  std::to_string(ack.last));
  }
  if (testing::any_file_contains(log.data, std::string(text_of(draft.record)))) {
    return broken("the payload of " + identity_of(draft) + " was redacted, and is in a file");
  }
  return ok();
}

Result<void> Checker::check_events(const Log& log, std::span<const Ack> acks) {
  constexpr std::size_t redactions_max = 4;
  std::map<std::string, std::uint64_t> covered;
  std::map<std::uint64_t, bool> batches;
  std::vector<Ack> redactions;
  for (const Ack& ack : acks) {
    if (ack.last > log.headers.size()) {
      return broken("event " + std::to_string(ack.last) + " was acknowledged, the log ends at " +
                    std::to_string(log.headers.size()));
    }
    if (ack.kind == Ack::redacted) redactions.push_back(ack);
    if (ack.kind != Ack::recorded) continue;
    batches.emplace(ack.number, true);
    if (!digests_.contains(ack.number)) digests_[ack.number] = traffic_.digest(ack.number);
    if (ack.digest != digests_[ack.number]) {
      return broken("batch " + std::to_string(ack.number) + " is another one to the worker");
    }
    covered[source_of(ack.number)] = ack.number;
  }
  // What a cursor passed was recorded, acknowledged or not.
  for (const auto& [source, number] : covered) {
    const auto cursor = log.cursors.find(source);
    if (cursor == log.cursors.end() || cursor->second < number) {
      return broken("the cursor of " + source + " is behind batch " + std::to_string(number) +
                    ", which was acknowledged");
    }
  }
  for (const auto& [source, number] : log.cursors) {
    if (batches.empty() || (source != source_of(0) && source != source_of(1))) continue;
    for (std::uint64_t each = number; each > batches.begin()->first; each -= 2) {
      batches.emplace(each, true);
      if (each < 2) break;
    }
  }
  for (const auto& batch : batches) REFOLD_CHECK(check_batch(log, batch.first));
  const std::size_t skipped = redactions.size() - std::min(redactions.size(), redactions_max);
  for (std::size_t index = skipped; index < redactions.size(); ++index) {
    REFOLD_CHECK(check_redaction(log, redactions[index]));
  }
  return ok();
}

Result<Checker::Found> Checker::check(const fs::path& data, std::span<const Ack> acks,
                                      const fs::path& memory) {
  {
    const auto reader = log::WitnessLog::open_reader(data, small_options().log);
    const bool none = reader.has_error() && reader.error().code == Errc::not_found;
    if (none && !acks.empty()) return broken("the log is gone");
    if (reader.has_error() && !none) return reader.error();
    if (reader.has_value()) {
      auto intact = (*reader)->verify();
      if (intact.has_error()) return within("before it was recovered", std::move(intact).error());
    }
  }
  const std::uint64_t probe = ++probes_;
  {
    REFOLD_TRY(const auto recorder, index::Recorder::open(data, small_options()));
    REFOLD_CHECK(recorder->record(traffic_.probe(probe)));
  }
  Log found{data, {}, {}, {}, {}};
  REFOLD_TRY(const auto log, log::WitnessLog::open_writer(data, small_options().log));
  REFOLD_CHECK(log->verify());
  REFOLD_CHECK(found.read(*log));
  REFOLD_CHECK(found.compare_with(memory));
  REFOLD_CHECK(check_events(found, acks));
  for (const index::Draft& draft : traffic_.probe(probe).drafts) {
    if (!found.events.contains(identity_of(draft))) return broken("what was appended is not there");
  }
  REFOLD_CHECK(index::verify_index(*log, small_options().index));
  return Found{found.headers.size()};
}

}  // namespace refold::crash
