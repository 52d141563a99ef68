#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "core/cli/console.h"
#include "core/cli/input.h"
#include "core/cli/lines.h"
#include "core/index/recorder.h"
#include "core/ingest/jsonl.h"
#include "core/projection/projections.h"
#include "tests/shipped/model.h"
#include "tests/support/plugins.h"
#include "tests/support/temp_folder.h"

namespace refold::shipped {

template <class T>
T good(Result<T> result) {
  if (result.has_error()) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

inline const std::filesystem::path sample = REFOLD_SOURCE_DIR "/examples/sample/events.jsonl.gz";

/// The sample's events in a log and in a model, and plugins of ours over that log, as they are
/// shipped.
struct RealEvents : ::testing::Test {
  refold::testing::TempFolder folder;
  std::unique_ptr<index::Recorder> recorder;
  std::unique_ptr<projection::Projections> projections;
  Model model;
  simdjson::dom::parser parser;

  static std::chrono::steady_clock::time_point soon() {
    return std::chrono::steady_clock::now() + std::chrono::minutes(2);
  }

  RealEvents() {
    index::RecorderOptions options;
    options.log.map_bytes = options.index.map_bytes = std::size_t{1} << 30;
    recorder = good(index::Recorder::open(folder / "data", options));
    import();
    projection::ProjectionsOptions running;
    running.probe.runner = refold::testing::runner;
    running.probe.time_limit = std::chrono::minutes(1);
    running.view.map_bytes = std::size_t{1} << 30;
    projections = good(projection::Projections::open(recorder->log(), running));
  }
  ~RealEvents() override { projections.reset(); }

  void import() {
    cli::ProcessConsole console;
    const cli::ConsoleScope scope(console);
    const auto input = good(cli::Input::open(sample.native()));
    cli::LineReader lines(*input, ingest::line_bytes_max);
    ingest::JsonlDecoder decoder;
    index::DraftBatch batch;
    batch.source = "sample";
    for (ingest::Line line; good(lines.next(line));) {
      const auto decoded = decoder.decode_line(line.text, batch);
      if (decoded.has_error()) throw std::runtime_error(decoded.error().reason);
      model.take(parser.parse(line.text.data(), line.text.size()));
    }
    good(recorder->record(std::move(batch)));
  }

  /// Loads a plugin by its name and waits until it has folded the log. A copy, because others may
  /// be allowed to write to the folder of the build.
  projection::Supervisor& load(const std::string& name) {
    const auto copy = folder / (name + ".so");
    const std::filesystem::path built = REFOLD_BINARY_DIR "/plugins";
    std::filesystem::copy_file(built / name / (name + ".so"), copy);
    std::filesystem::permissions(copy, std::filesystem::perms(0600));
    projection::LoadRequest request;
    request.name = name;
    request.library = copy;
    good(projections->load(request));
    auto& loaded = *good(projections->find(name));
    good(loaded.wait(good(recorder->log().last()), soon()));
    return loaded;
  }
  /// The answer of a query; until the next one.
  element ask(const std::string& name, const std::string& query,
              const projection::OptionPairs& arguments = {}) {
    const auto projection = good(projections->find(name));
    answer_ = good(projection->query(query, arguments, soon(), 0));
    return parser.parse(answer_);
  }
  /// Calls `visit` for all items of all pages.
  template <class Visit>
  void each_item(const std::string& name, const std::string& query,
                 const projection::OptionPairs& arguments, const Visit& visit) {
    std::string cursor;
    do {
      auto page = arguments;
      page.emplace_back("cursor", cursor);
      const element answer = ask(name, query, page);
      for (const element item : answer["items"].get_array()) visit(item);
      std::string_view next;
      if (answer["cursor"].get(next) != simdjson::SUCCESS) next = {};
      cursor = next;
    } while (!cursor.empty());
  }
  static void expect_as_rebuilt(projection::Supervisor& projection) {
    const auto report = good(projection.verify(nullptr));
    EXPECT_TRUE(report.equal) << report.said;
  }

 private:
  std::string answer_;
};

}  // namespace refold::shipped
