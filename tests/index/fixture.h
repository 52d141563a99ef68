#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/index/recorder.h"
#include "core/log/change.h"
#include "tests/support/drafts.h"
#include "tests/support/temp_folder.h"

namespace refold::index {

using namespace refold::testing;

/// A recorder over a fresh log.
struct RecorderTest : ::testing::Test {
  TempFolder folder;
  std::filesystem::path data = folder / "data";
  RecorderOptions options;
  std::unique_ptr<Recorder> recorder = Recorder::open(data, options).value();

  void reopen() {
    recorder.reset();
    recorder = Recorder::open(data, options).value();
  }

  Outcome record(const std::vector<TestDraft>& drafts, std::string_view source = "test",
                 log::CommitExtras extras = {}) {
    auto done = recorder->record(batch_of(drafts, source, std::move(extras)));
    EXPECT_TRUE(done.has_value()) << done.error().message;
    return done ? *done : Outcome{};
  }

  /// Everything as witnessed.
  [[nodiscard]] log::Page history() const { return read_all(recorder->log()); }
  /// The newest event, with a copy of its memory.
  [[nodiscard]] log::Page newest() const {
    return read_all(recorder->log(), {.history = true}, recorder->log().last().value());
  }
  [[nodiscard]] std::optional<Head> head(std::string_view who, std::string_view rkey,
                                         std::string_view collection = post) const {
    return recorder->head(did_of(who), collection, rkey).value();
  }
  [[nodiscard]] RepoState repo(std::string_view who) const {
    return recorder->repo(did_of(who)).value().value_or(RepoState{});
  }

  /// The index equals one built anew, and what is on disk equals what is in memory.
  void expect_index_is_as_built_anew() {
    const auto live = recorder->index_digest().value();
    const auto rebuilt = recorder->reindex();
    ASSERT_TRUE(rebuilt.has_value()) << rebuilt.error().message;
    EXPECT_EQ(live, recorder->index_digest().value());
  }
};

inline std::string text_of_record(ByteView record) { return std::string(refold::text_of(record)); }

/// What a fold sees: "added hello", "replaced hello -> bye", "removed bye", "removed ?", "nothing".
inline std::string seen(const log::Event& event) {
  const auto text = [](ByteView record) {
    if (record.empty()) return std::string("?");
    const std::string all = text_of_record(record);
    const auto at = all.find("text") + 5;
    return all.substr(at, static_cast<std::size_t>(all[at - 1] & 0x1f));
  };
  switch (log::change_of(event)) {
    case log::Change::none: return "nothing";
    case log::Change::added: return "added " + text(event.record);
    case log::Change::removed: return "removed " + text(event.previous_record);
    case log::Change::replaced:
      return "replaced " + text(event.previous_record) + " -> " + text(event.record);
  }
  return "?";
}

inline std::vector<std::string> seen(const log::Page& page) {
  std::vector<std::string> all;
  for (const log::Event& event : page.events) all.push_back(seen(event));
  return all;
}

}  // namespace refold::index
