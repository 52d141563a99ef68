#include <sys/stat.h>

#include <map>

#include "core/atproto/time_text.h"
#include "core/base/characters.h"
#include "core/engine/doctor/checks.h"
#include "core/index/index.h"
#include "core/index/inspect.h"
#include "core/log/reader.h"
#include "core/plugin/stage.h"

namespace refold::engine {
namespace {

namespace fs = std::filesystem;
using projection::GenerationStatus;
using projection::ProjectionStatus;

/// An index that is written in good order lags by two flushes at most.
constexpr std::uint64_t index_lag_max = 2 * index::IndexOptions{}.flush_events;
const char* const log_remedy =
    "restore that file from a backup of the same log; until then readers stop there";

/// What was lost before that was told for long enough.
constexpr std::int64_t gaps_told_us = std::int64_t{7} * 24 * 3600 * 1'000'000;

std::string events_text(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " event" : " events");
}

/// The list of segments, the files, and the first and last event of each.
void check_segments(const log::WitnessLog& log, const log::LogStat& stat, Findings& findings) {
  log::Seq expected = 1;
  const log::SegmentInfo* before = nullptr;
  for (const log::SegmentInfo& one : stat.segments) {
    const fs::path file = log.data() / "log" / "segments" / log::segment_file_name(one);
    struct stat status {};
    const bool there = ::stat(file.c_str(), &status) == 0;
    if (!there || static_cast<std::uint64_t>(status.st_size) != one.file_bytes) {
      findings.fail("log",
                    file.string() +
                        (there ? " has " + std::to_string(status.st_size) +
                                     " bytes; it was written with " + std::to_string(one.file_bytes)
                               : std::string(" is missing")),
                    log_remedy);
      continue;
    }
    if (one.first != expected || (before != nullptr && before->chain != one.chain_before)) {
      findings.fail("log", file.string() + " does not follow on the segment before it", log_remedy);
    }
    log::Page page;
    for (const log::Seq seq : {one.first, one.last}) {
      const auto read = log.get(seq, page);
      if (read.has_value() || read.error().code == Errc::unsupported) continue;
      findings.fail("log", read.error().message, log_remedy);
      break;
    }
    expected = one.last + 1;
    before = &one;
  }
}

void check_generation(const ProjectionStatus& status, const GenerationStatus& one,
                      Findings& findings) {
  const std::string& projection = status.record.name;
  const std::string what =
      "generation " + std::to_string(one.record.number) + " of '" + projection + "'";
  const std::string replay = "refold projection replay " + projection;
  const bool current = one.record.number == status.record.current;
  if (one.refused) {
    const std::string said = what + " cannot be used: " + one.refused->message;
    current ? findings.fail("views", said, replay)
            : findings.warn("views", said, "refold projection prune " + projection);
    return;
  }
  if (const auto& failure = one.record.failure) {
    findings.fail(
        "views",
        what + " has failed at seq " + std::to_string(failure->seq) + ": " + failure->message,
        "mend the plugin and upgrade it, or refold projection retry " + projection +
            "; skip passes over that event");
  }
  if (!current) return;
  if (!one.checkpoint.skipped.empty()) {
    findings.warn("views",
                  what + " is incomplete: " + events_text(one.checkpoint.skipped.size()) +
                      " passed over by command",
                  replay);
  }
  if (one.checkpoint.unverified) {
    findings.warn("views", what + " is unverified: other code has gone on with it",
                  "refold projection verify " + projection);
  }
}

}  // namespace

void check_log(const log::WitnessLog& log, const log::LogStat& stat, const Patient& patient,
               Findings& findings) {
  check_segments(log, stat, findings);
  if (const auto root = log.root(); root.has_error()) {
    findings.fail("log", root.error().message, log_remedy);
  }
  if (patient.full) {
    const auto verified = log.verify([&](log::Seq checked) {
      if (patient.progress) patient.progress(checked, stat.last);
      return true;
    });
    if (verified.has_error()) findings.fail("log", verified.error().message, log_remedy);
  }
  const std::string events = events_text(stat.first == 0 ? 0 : stat.last - stat.first + 1);
  findings.else_ok("log", events + (patient.full ? ", every checksum recomputed"
                                                 : ", its ends and edges are whole; --full reads "
                                                   "all of it"));
}

void check_gaps(const log::WitnessLog& log, const Machine& machine, Findings& findings) {
  const auto from = log.first_witnessed_at(machine.now_us - gaps_told_us);
  // No record is in that collection, so records are not even looked at.
  auto matcher = log::Matcher::make({{"none.of.them"}, {}, {log::Kind::gap}, true});
  if (from.has_error()) return findings.warn("gaps", from.error().message, log_remedy);
  log::Reader reader(log, *from, *std::move(matcher));
  std::map<std::string, std::pair<std::uint64_t, std::string>> lost;  // by source
  log::Page page;
  for (auto more = reader.next(page); more.has_value() && *more; more = reader.next(page)) {
    for (const log::Event& one : page.events) {
      auto& [count, newest] = lost[std::string(one.source)];
      ++count;
      newest = "at seq " + std::to_string(one.seq) + " (" +
               atproto::short_time_text(one.witness_us) + ", " + escaped(one.status) +
               "; of its server's own: " + escaped(one.handle) + ")";
    }
  }
  for (const auto& [source, what] : lost) {
    findings.warn("gaps",
                  escaped(source) + " has lost events in the last 7 days, " +
                      std::to_string(what.first) + (what.first == 1 ? " time: " : " times, last ") +
                      what.second,
                  "refold backfill, of its host or of the accounts that matter: it fetches what is "
                  "missing. 'refold log read --kind gap' shows all");
  }
  findings.else_ok("gaps", "no source has lost events in the last 7 days");
}

void check_index(const log::WitnessLog& log, log::Seq last, Findings& findings) {
  const auto position = index::index_position(log);
  if (position.has_error()) {
    findings.fail("index", position.error().message,
                  "refold log reindex: it is built from the log, nothing is lost");
  } else if (!*position) {
    const std::string said = "there is none that belongs to this log";
    if (last == 0) return findings.ok("index", "there is nothing to index yet");
    findings.warn("index", said, "nothing: the next start builds it, which reads the whole log");
  } else if (last - **position > index_lag_max) {
    findings.warn("index", "it is " + events_text(last - **position) + " behind the log",
                  "nothing: the next start catches up. If an engine is running, see whether its "
                  "disk is full");
  } else {
    findings.ok("index", "it is " + events_text(last - **position) + " behind the log, as it may");
  }
}

void check_staged(const Config& config, const projection::Catalog::Contents& catalog,
                  Findings& findings) {
  for (const auto& one : catalog.plugins) {
    const auto staged = plugin::check_staged(config.data / "plugins" / one.file, one.hash);
    if (staged.has_value()) continue;
    findings.fail("staged plugins", staged.error().message,
                  "load the plugin again: refold plugin upgrade NAME " + one.origin);
  }
  findings.else_ok("staged plugins",
                   std::to_string(catalog.plugins.size()) + ", as they were probed");
}

void check_views(const std::vector<ProjectionStatus>& all, Findings& findings) {
  for (const ProjectionStatus& status : all) {
    for (const GenerationStatus& one : status.generations) {
      check_generation(status, one, findings);
    }
  }
  findings.else_ok("views", std::to_string(all.size()) + " projections, which belong to this log");
}

}  // namespace refold::engine
