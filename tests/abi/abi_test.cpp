#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <memory>
#include <refold/testing.hpp>

#include "layout.h"

namespace refold {
namespace {

using ::testing::HasSubstr;

std::map<std::string, std::pair<std::size_t, std::size_t>> entries(const abi_entry* list) {
  std::map<std::string, std::pair<std::size_t, std::size_t>> found;
  for (; list->name != nullptr; ++list) found[list->name] = {list->offset, list->size};
  return found;
}

TEST(Abi, FieldsAndConstantsOfEveryReleaseAreWhereTheyWere) {
  EXPECT_GT(entries(abi_layout_1_0).size(), 100U);
  EXPECT_EQ(entries(abi_layout_1_0), entries(abi_layout_today));
}

/// The plugin that was built against the released header, loaded as the host does.
class Released : public ::testing::Test {
 protected:
  Released() : library_(dlopen(ABI_PLUGIN, RTLD_NOW | RTLD_LOCAL)) {
    if (library_ == nullptr) throw std::runtime_error(dlerror());
    plugin_ = static_cast<const refold_plugin_v1*>(dlsym(library_, "refold_plugin"));
    EXPECT_EQ(plugin_->start(host_.abi()), REFOLD_OK);
    projection_ =
        static_cast<const refold_projections*>(plugin_->extension("projection/1"))->projections[0];
  }
  ~Released() override {
    plugin_->stop();
    dlclose(library_);
  }

  testing::MemoryHost host_{0, {}};
  void* library_;
  const refold_plugin_v1* plugin_ = nullptr;
  const refold_projection* projection_ = nullptr;
};

TEST_F(Released, RunsInTodaysHost) {
  EXPECT_EQ(plugin_->abi_major, 1);
  EXPECT_EQ(plugin_->abi_minor, 0);
  EXPECT_STREQ(plugin_->name, "everything");
  testing::TestLog log;
  log.create("did:plc:a", "a.b.c", "one", testing::object({{"n", 1}}));
  log.update("did:plc:a", "a.b.c", "one", testing::object({{"n", 2}}));
  log.account("did:plc:a", false, "deactivated");
  log.remove("did:plc:a", "a.d.e", "two");
  log.create("did:plc:a", "not.wanted.here", "one", "x");
  log.identity("did:plc:a", "a.example.com");
  testing::Runner runner(*projection_, {{"greeting", "good morning"}});
  const auto outcome = runner.apply(log, 0, log.size());
  ASSERT_TRUE(outcome.ok()) << outcome.why;
  const auto& rows = runner.tables()[0];
  ASSERT_EQ(rows.size(), 5U);
  EXPECT_EQ(rows.at("00000002"),
            "good morning 2 kind 2 change 2 previous 1 of 1 flags 9 order 0 did:plc:a/a.b.c/one "
            "record 4 previous 4 active 0  handle  source test account 0 1  times 1 1");
  EXPECT_THAT(rows.at("00000003"), HasSubstr("kind 5 change 0"));
  EXPECT_THAT(rows.at("00000004"), HasSubstr("change 3 previous 2"));
  EXPECT_THAT(rows.at("00000004"), HasSubstr("account 1 0 deactivated"));
  EXPECT_THAT(rows.at("00000006"), HasSubstr("handle a.example.com"));
  EXPECT_EQ(runner.tables()[1].size(), 2U) << "the CIDs of two versions";
  EXPECT_EQ(runner.host().lines().size(), 5U);
}

TEST_F(Released, FailsAndAnswersAsItDid) {
  testing::TestLog log;
  for (int i = 0; i < 5; ++i) log.create("did:plc:a", "a.b.c", std::to_string(i), "x");
  testing::Runner runner(*projection_);
  ASSERT_TRUE(runner.apply(log, 0, log.size()).ok());
  const auto* queries = static_cast<const refold_queries*>(plugin_->extension("query/1"));
  ASSERT_EQ(queries->at(0, 1), nullptr);
  EXPECT_EQ(runner.ask(*queries->at(0, 0), {}), "3");
  EXPECT_EQ(runner.ask(*queries->at(0, 0), {{"from", "00000005"}}), "1");
  log.create("did:plc:a", "a.b.c", "fail", "x");
  const auto outcome = runner.apply(log, 5, 6);
  EXPECT_EQ(outcome.result, REFOLD_FAILED);
  EXPECT_EQ(outcome.why, "as it was told to");
  const auto* describe = static_cast<const refold_describe*>(plugin_->extension("describe/1"));
  EXPECT_STREQ(describe->layout(0, 1), "text");
}

}  // namespace
}  // namespace refold
