#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "core/index/marks.h"
#include "core/index/recorder.h"
#include "core/ingest/capture.h"
#include "core/ingest/firehose.h"
#include "core/ingest/repo.h"
#include "core/log/reader.h"
#include "tests/support/events.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_data.h"

namespace refold::ingest {

/// One operation as the reference libraries have read it.
struct TrueOperation {
  std::string did;
  std::string rev;
  std::string action;
  std::string path;
  std::string cid;     ///< empty for a delete
  std::string record;  ///< JSON; empty: none
  bool operator==(const TrueOperation&) const = default;
};

inline void PrintTo(const TrueOperation& one, std::ostream* out) {
  *out << one.did << ' ' << one.rev << ' ' << one.action << ' ' << one.path << ' ' << one.cid;
}

/// The frames that a real PDS sent, what the reference libraries say of them, and the repos.
class PdsCapture {
 public:
  PdsCapture(std::vector<Bytes> frames, const std::string& operations)
      : frames_(std::move(frames)) {
    simdjson::dom::parser parser;
    for (const std::string_view line : testing::lines_of_text(operations)) {
      const simdjson::dom::element one = parser.parse(line.data(), line.size());
      TrueOperation operation;
      operation.did = std::string(one["did"]);
      operation.rev = std::string(one["rev"]);
      operation.action = std::string(one["action"]);
      operation.path =
          std::string(one["collection"].get_string().value()) + "/" + std::string(one["rkey"]);
      if (!one["cid"].is_null()) operation.cid = std::string(one["cid"]);
      if (!one["record"].is_null()) operation.record = simdjson::minify(one["record"]);
      operations_[operation.did].push_back(std::move(operation));
    }
  }

  [[nodiscard]] static std::vector<Bytes> frames_of(const std::string& capture) {
    FrameCutter cutter;
    cutter.add(bytes_of(capture));
    std::vector<Bytes> frames;
    ByteView frame;
    while (cutter.next(frame).value()) frames.emplace_back(frame.begin(), frame.end());
    EXPECT_EQ(cutter.left(), 0U);
    return frames;
  }

  [[nodiscard]] const std::vector<Bytes>& frames() const noexcept { return frames_; }
  /// By DID, in order.
  [[nodiscard]] const auto& operations() const noexcept { return operations_; }

 private:
  std::vector<Bytes> frames_;
  std::map<std::string, std::vector<TrueOperation>> operations_;
};

/// A log that frames and repos are put into.
struct CaptureLog {
  testing::TempFolder folder;
  std::unique_ptr<index::Recorder> recorder = open();
  FirehoseDecoder decoder{options()};
  Drops drops;

  static DecoderOptions options() {
    DecoderOptions made;
    made.cursor_name = "test";
    return made;
  }
  std::unique_ptr<index::Recorder> open() {
    index::RecorderOptions with;
    with.log.map_bytes = with.index.map_bytes = std::size_t{1} << 30;
    return index::Recorder::open(folder / "data", with).value();
  }

  /// Frames `first` to `last` (excluded) of a capture, in batches of `at_once`.
  index::Outcome take(const PdsCapture& capture, std::size_t first, std::size_t last,
                      std::size_t at_once = 4000) {
    index::Outcome all;
    for (std::size_t at = first; at < last; at += at_once) {
      index::DraftBatch batch;
      batch.source = "test";
      for (std::size_t frame = at; frame < std::min(last, at + at_once); ++frame) {
        const Verdict verdict = decoder.decode(capture.frames()[frame], batch);
        EXPECT_EQ(verdict.kind, Verdict::Kind::taken) << verdict.message;
      }
      decoder.finish(batch);
      all.add(recorder->record(std::move(batch)).value());
    }
    EXPECT_EQ(all.refused_total(), 0U);
    return all;
  }
  /// All CARs below a folder; accounts that are gone are passed over.
  std::uint64_t take_repos(const std::map<std::string, std::string>& files,
                           const std::string& below) {
    std::uint64_t appended = 0;
    for (const auto& [name, car] : files) {
      if (!name.starts_with(below) || !name.ends_with(".car")) continue;
      const auto imported = import_repo(bytes_of(car), *recorder, "car", drops);
      if (imported.has_error() && imported.error().code == Errc::unsupported) continue;
      EXPECT_TRUE(imported.has_value()) << name << ": " << imported.error().message;
      if (imported) appended += imported->outcome.appended;
    }
    return appended;
  }

  [[nodiscard]] log::Page history() const {
    return testing::read_all(recorder->log(), {.history = true});
  }

  /// The living records, as whoever folds the log sees them: "did path" -> CID.
  [[nodiscard]] std::map<std::string, std::string> living() const {
    std::map<std::string, std::string> records;
    for (const log::Event& event : testing::read_all(recorder->log(), {}).events) {
      if (!log::is_record(event.kind)) continue;
      const std::string key = std::string(event.did) + " " + std::string(event.collection) + "/" +
                              std::string(event.rkey);
      if (event.kind == log::Kind::remove) {
        records.erase(key);
      } else {
        records[key] = to_text(log::cid_of(event));
      }
    }
    return records;
  }

  /// No version of a record is in the log twice.
  void expect_nothing_twice() const {
    std::set<std::string> seen;
    for (const log::Event& event : history().events) {
      if (!log::is_record(event.kind)) continue;
      std::string version = std::string(event.did) + " " + std::string(event.collection) + "/" +
                            std::string(event.rkey) + " " + atproto::to_text(event.rev) + " " +
                            std::string(name(event.kind));
      if (log::has_cid(event)) version += " " + to_text(log::cid_of(event));
      EXPECT_TRUE(seen.insert(version).second) << version;
    }
  }
};

}  // namespace refold::ingest
