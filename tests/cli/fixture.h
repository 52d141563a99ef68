#pragma once

#include <simdjson.h>

#include <string>
#include <utility>
#include <vector>

#include "core/atproto/cid.h"
#include "core/atproto/json.h"
#include "core/atproto/tid.h"
#include "tests/cli/program.h"

namespace refold::cli {

/// One line of events in JSON, each newer than the one before.
class Lines {
 public:
  std::string create(const std::string& did, const std::string& rkey, const std::string& record) {
    return operation("create", did, rkey, with_cid(record));
  }
  std::string update(const std::string& did, const std::string& rkey, const std::string& record) {
    return operation("update", did, rkey, with_cid(record));
  }
  std::string remove(const std::string& did, const std::string& rkey) {
    return operation("delete", did, rkey, "");
  }
  std::string identity(const std::string& did, const std::string& handle) {
    return other("identity", did, R"("handle":")" + handle + "\"");
  }
  std::string account(const std::string& did, bool active, const std::string& status = "") {
    return other("account", did,
                 std::string(R"("active":)") + (active ? "true" : "false") +
                     (status.empty() ? "" : R"(,"status":")" + status + "\""));
  }
  std::string collection = "app.bsky.feed.post";

 private:
  static std::string with_cid(const std::string& record) {
    const auto cid = atproto::cid_of(atproto::cbor_from_json(record).value());
    return R"(,"record":)" + record + R"(,"cid":")" + atproto::to_text(cid) + "\"";
  }
  std::string operation(const std::string& name, const std::string& did, const std::string& rkey,
                        const std::string& rest) {
    ++now_us_;
    const auto rev = atproto::to_text(atproto::make_tid(now_us_, 7));
    return head(did, "commit") + R"("commit":{"rev":")" + rev + R"(","operation":")" + name +
           R"(","collection":")" + collection + R"(","rkey":")" + rkey + "\"" + rest + "}}\n";
  }
  std::string other(const std::string& kind, const std::string& did, const std::string& rest) {
    ++now_us_;
    return head(did, kind) + "\"" + kind + R"(":{"did":")" + did + R"(","seq":)" +
           std::to_string(++seq_) + "," + rest + "}}\n";
  }
  [[nodiscard]] std::string head(const std::string& did, const std::string& kind) const {
    return R"({"did":")" + did + R"(","time_us":)" + std::to_string(now_us_) + R"(,"kind":")" +
           kind + R"(",)";
  }

  std::uint64_t now_us_ = 1'795'335'649'688'000;
  std::uint64_t seq_ = 0;
};

/// Runs `refold` on a data directory of the test's own.
class Command : public ::testing::Test {
 protected:
  static constexpr const char* alice = "did:plc:6jlqryvvk2fvjkmccgifkff5";
  static constexpr const char* bob = "did:plc:uqhcwybhzy3hso24n5p6qbsw";

  std::vector<std::string> with_data(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), binary);
    arguments.insert(arguments.end(), {"--data", data()});
    return arguments;
  }
  Finished refold(std::vector<std::string> arguments, const std::string& input = "/dev/null") {
    return Running(folder_, with_data(std::move(arguments)), input).finish();
  }
  Finished log(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "log");
    return refold(std::move(arguments));
  }
  Finished shell(const std::string& script) {
    return Running(folder_, {"/bin/sh", "-c", script}).finish();
  }
  std::string data() const { return (folder_ / "data").string(); }
  std::string file(const std::string& name, const std::string& text) {
    write_file((folder_ / name).string(), text);
    return (folder_ / name).string();
  }
  /// Imports these lines, which must all be taken.
  void given(const std::string& text) {
    const Finished imported = refold({"import", file("given.jsonl", text)});
    ASSERT_EQ(imported.status, 0) << imported.err;
  }
  std::string root() { return log({"root"}).out; }

  /// A number in the JSON that an import prints.
  static std::uint64_t number(const Finished& finished, std::string_view key) {
    simdjson::dom::parser parser;
    std::uint64_t value = 0;
    const auto error = parser.parse(finished.out).at_key(key).get(value);
    EXPECT_EQ(error, simdjson::SUCCESS) << finished.out << finished.err;
    return value;
  }

  TempFolder folder_;
  Lines lines_;
};

}  // namespace refold::cli
