#pragma once

#include <gmock/gmock.h>

#include "tests/cli/fixture.h"
#include "tests/support/plugins.h"

namespace refold::cli {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

/// Runs commands on a log with some posts, and projections of the tiny plugins in tests/plugins.
class WithProjections : public Command {
 protected:
  /// A copy of a plugin where nobody else may write.
  std::string library(const std::string& name) {
    return copy_of(refold::testing::test_plugin(name), name);
  }
  /// The same of one that comes with Refold.
  std::string shipped(const std::string& name) {
    return copy_of(std::filesystem::path(REFOLD_BINARY_DIR "/plugins") / name / (name + ".so"),
                   name);
  }
  std::string copy_of(const std::filesystem::path& file, const std::string& name) {
    const auto copy = folder_ / (name + ".so");
    std::filesystem::copy_file(file, copy, std::filesystem::copy_options::overwrite_existing);
    std::filesystem::permissions(copy, std::filesystem::perms(0600));
    return copy.string();
  }
  Finished on(const std::string& command, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), command);
    return refold(std::move(arguments));
  }
  Finished projection(std::vector<std::string> arguments) {
    return on("projection", std::move(arguments));
  }
  Finished plugin(std::vector<std::string> arguments) { return on("plugin", std::move(arguments)); }
  Finished query(std::vector<std::string> arguments) { return on("query", std::move(arguments)); }

  std::string post(const std::string& rkey) {
    return lines_.create(alice, rkey, R"({"$type":"app.bsky.feed.post","text":"hello"})");
  }
  void given_posts(int count, int first = 1) {
    std::string text;
    for (int at = first; at < first + count; ++at) text += post("post" + std::to_string(at));
    given(text);
  }
  /// Loads a plugin, which must go well.
  void loaded(const std::string& name) {
    const Finished done = plugin({"load", library(name)});
    ASSERT_EQ(done.status, 0) << done.err;
  }
  /// How many posts the projection has counted, as far as it is.
  std::string counted(const std::string& name, std::vector<std::string> more = {}) {
    std::vector<std::string> words = {name, "count", "collection=app.bsky.feed.post"};
    words.insert(words.end(), more.begin(), more.end());
    return query(words).out;
  }

  /// The JSON that a program has printed; until the next call.
  simdjson::dom::element json(const Finished& finished) {
    simdjson::dom::element root;
    printed_ = finished.out;
    const auto error = parser_.parse(printed_).get(root);
    EXPECT_EQ(error, simdjson::SUCCESS) << finished.out << finished.err;
    return root;
  }
  simdjson::dom::element shown(const std::string& name) {
    return json(projection({"show", name, "--json"}));
  }
  std::uint64_t position(const std::string& name) {
    const auto all = shown(name);
    const simdjson::dom::array generations = all["generations"];
    for (const simdjson::dom::element one : generations) {
      if (std::uint64_t(one["generation"]) == std::uint64_t(all["generation"])) {
        return std::uint64_t(one["seq"]);
      }
    }
    return 0;
  }

 private:
  simdjson::dom::parser parser_;
  std::string printed_;
};

}  // namespace refold::cli
