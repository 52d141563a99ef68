// A host in C, as it were, on the other side of the thunks: it knows abi.h and nothing else.
#include <gtest/gtest.h>

#include <cstring>
#include <refold/projection.hpp>

namespace refold {
namespace {

struct Raw : Projection {
  static constexpr Manifest manifest{
      .name = "raw", .summary = "for tests", .fold = 7, .collections = {"a.b.c", "a.d.*"}};
  Option<std::int64_t> least{*this,
                             {.name = "least", .summary = "at least", .fallback = 3, .most = 9}};
  Option<std::string> mode{*this, {.name = "mode", .most = 4}};
  Table<std::string, std::uint64_t> counts{*this, "counts"};
  Table<std::tuple<Did, Tid>, std::string> others{*this, "others"};

  /// What to do is in the record key.
  void apply(const RecordChange& change) {
    const std::string_view what = change.rkey();
    if (what == "throws") throw std::runtime_error("the bean is unknown");
    if (what == "says-nothing") throw std::runtime_error("");
    if (what == "int") throw 42;
    if (what == "retry") throw Retry("the moon is not full");
    if (what == "retry-silently") throw Retry("");
    if (what == "swallows") {
      try {
        counts.put("x", 1);
      } catch (...) {  // NOLINT(bugprone-empty-catch): what an author should not do
      }
      return;
    }
    counts.update(std::string(what), [](std::uint64_t& n) { ++n; });
  }

  std::uint64_t count(const std::string& key, std::int64_t times) const {
    return counts.get(key).value_or(0) * static_cast<std::uint64_t>(times);
  }
  Query count_query{*this,
                    "count",
                    "how many",
                    &Raw::count,
                    {{.name = "key"}, {.name = "times", .fallback = 1, .least = 0}}};
  std::vector<std::string> broken() { throw std::runtime_error("no answer today"); }
  Query broken_query{*this, "broken", "fails", &Raw::broken};
};

const refold_plugin_v1 plugin = detail::Plugin<Raw>::table(nullptr, "1.2.3", "build");

/// A host with one table, whose functions can fail.
struct RawHost {
  refold_host abi{};
  std::map<std::string, std::string> rows;
  std::string failure;
  std::string answer;
  std::vector<std::string> options{"5", "fast"};
  refold_result next = REFOLD_OK;

  RawHost() {
    abi.size = sizeof abi;
    abi.context = this;
    abi.get = [](const refold_host* host, std::uint32_t, refold_bytes key,
                 refold_bytes* row) -> refold_result {
      auto& self = *static_cast<RawHost*>(host->context);
      if (self.next != REFOLD_OK) return self.next;
      const auto found = self.rows.find({static_cast<const char*>(key.data), key.size});
      if (found == self.rows.end()) return REFOLD_NONE;
      *row = {found->second.data(), found->second.size()};
      return REFOLD_OK;
    };
    abi.put = [](const refold_host* host, std::uint32_t, refold_bytes key,
                 refold_bytes row) -> refold_result {
      auto& self = *static_cast<RawHost*>(host->context);
      if (self.next != REFOLD_OK) return self.next;
      self.rows[{static_cast<const char*>(key.data), key.size}] = {
          static_cast<const char*>(row.data), row.size};
      return REFOLD_OK;
    };
    abi.option = [](const refold_host* host, std::uint32_t index,
                    refold_bytes* value) -> refold_result {
      auto& self = *static_cast<RawHost*>(host->context);
      if (self.next != REFOLD_OK) return self.next;
      *value = {self.options[index].data(), self.options[index].size()};
      return REFOLD_OK;
    };
    abi.answer = [](const refold_host* host, refold_bytes json) -> refold_result {
      auto& self = *static_cast<RawHost*>(host->context);
      if (self.next != REFOLD_OK) return self.next;
      self.answer.append(static_cast<const char*>(json.data), json.size);
      return REFOLD_OK;
    };
    abi.fail = [](const refold_host* host, refold_bytes text) {
      static_cast<RawHost*>(host->context)->failure = {static_cast<const char*>(text.data),
                                                       text.size};
    };
    abi.log = [](const refold_host*, std::int32_t, refold_bytes) {};
  }
};

refold_bytes text(const char* literal) { return {literal, std::strlen(literal)}; }

refold_event event(const char* rkey) {
  refold_event event{};
  event.size = sizeof event;
  event.seq = 1;
  event.kind = REFOLD_CREATE;
  event.change = REFOLD_ADDED;
  event.did = text("did:plc:a");
  event.collection = text("a.b.c");
  event.rkey = text(rkey);
  return event;
}

class Wall : public ::testing::Test {
 protected:
  Wall() {
    EXPECT_EQ(plugin.start(&host_.abi), REFOLD_OK);
    projections_ = static_cast<const refold_projections*>(plugin.extension("projection/1"));
    EXPECT_EQ(projection().create(&host_.abi, &self_), REFOLD_OK);
  }
  ~Wall() override {
    if (self_ != nullptr) projection().destroy(self_);
    plugin.stop();
  }
  [[nodiscard]] const refold_projection& projection() const {
    return *projections_->projections[0];
  }
  [[nodiscard]] const refold_query* query(std::uint32_t index) const {
    return static_cast<const refold_queries*>(plugin.extension("query/1"))->at(0, index);
  }
  refold_result apply(const char* rkey) {
    const refold_event one = event(rkey);
    return projection().apply(self_, &host_.abi, &one, 1);
  }

  RawHost host_;
  const refold_projections* projections_ = nullptr;
  void* self_ = nullptr;
};

TEST_F(Wall, AnExceptionIsAFailureWithItsWords) {
  EXPECT_EQ(apply("throws"), REFOLD_FAILED);
  EXPECT_EQ(host_.failure, "the bean is unknown");
}

TEST_F(Wall, NoFailureIsSilent) {
  EXPECT_EQ(apply("says-nothing"), REFOLD_FAILED);
  EXPECT_EQ(host_.failure, "threw without a word");
  EXPECT_EQ(apply("int"), REFOLD_FAILED);
  EXPECT_EQ(host_.failure, "threw something that is no std::exception");
  EXPECT_EQ(apply("retry-silently"), REFOLD_RETRY);
  EXPECT_EQ(host_.failure, "to be tried again");
}

TEST_F(Wall, RetryIsNoFailure) {
  EXPECT_EQ(apply("retry"), REFOLD_RETRY);
  EXPECT_EQ(host_.failure, "the moon is not full");
}

TEST_F(Wall, AFailureOfTheHostIsReturnedAsItIs) {
  for (const refold_result result :
       std::initializer_list<refold_result>{REFOLD_RETRY, REFOLD_FAILED, 77}) {
    host_.next = result;
    EXPECT_EQ(apply("x"), result);
    EXPECT_EQ(apply("swallows"), result) << "also where the author caught it";
    EXPECT_EQ(host_.failure, "") << "the host knows";
  }
  host_.next = REFOLD_OK;
  EXPECT_EQ(apply("x"), REFOLD_OK) << "and it is forgotten by the next call";
}

TEST_F(Wall, EventsOfALaterHostAreLarger) {
  struct Later {
    refold_event event;
    char more[24];
  };
  Later events[3] = {{event("a"), {}}, {event("b"), {}}, {event("c"), {}}};
  for (Later& later : events) later.event.size = sizeof later;
  ASSERT_EQ(projection().apply(self_, &host_.abi, &events[0].event, 3), REFOLD_OK);
  EXPECT_EQ(host_.rows.size(), 3U);
}

TEST_F(Wall, KindsThatNobodyKnowsAreIgnored) {
  refold_event later = event("x");
  later.kind = 99;
  EXPECT_EQ(projection().apply(self_, &host_.abi, &later, 1), REFOLD_OK);
  EXPECT_EQ(host_.rows.size(), 0U);
}

TEST_F(Wall, ThePluginSaysWhatItIs) {
  EXPECT_EQ(plugin.size, sizeof plugin);
  EXPECT_EQ(plugin.abi_major, REFOLD_ABI_MAJOR);
  EXPECT_EQ(plugin.abi_minor, REFOLD_ABI_MINOR);
  EXPECT_STREQ(plugin.name, "raw");
  EXPECT_STREQ(plugin.version, "1.2.3");
  EXPECT_STREQ(plugin.build_id, "build");
  EXPECT_EQ(plugin.extension("projection/2"), nullptr);
  const refold_projection& raw = projection();
  EXPECT_EQ(raw.size, sizeof raw);
  EXPECT_STREQ(raw.name, "raw");
  EXPECT_STREQ(raw.summary, "for tests");
  EXPECT_EQ(raw.fold, 7U);
  EXPECT_EQ(raw.wants, REFOLD_RECORDS);
  ASSERT_EQ(raw.collection_count, 2U);
  EXPECT_STREQ(raw.collections[1], "a.d.*");
  ASSERT_EQ(raw.table_count, 2U);
  EXPECT_STREQ(raw.tables[0], "counts");
  ASSERT_EQ(raw.option_count, 2U);
  EXPECT_STREQ(raw.options[0]->name, "least");
  EXPECT_STREQ(raw.options[0]->fallback, "3");
  EXPECT_EQ(raw.options[0]->type, REFOLD_INTEGER);
  EXPECT_EQ(raw.options[0]->least, INT64_MIN);
  EXPECT_EQ(raw.options[0]->most, 9);
  EXPECT_EQ(raw.options[1]->fallback, nullptr);
  EXPECT_EQ(raw.options[1]->type, REFOLD_TEXT);
  EXPECT_EQ(raw.options[1]->most, 4);
}

TEST_F(Wall, QueriesAreDeclaredAndAnswer) {
  ASSERT_NE(query(0), nullptr);
  EXPECT_STREQ(query(0)->name, "count");
  ASSERT_EQ(query(0)->parameter_count, 2U);
  EXPECT_EQ(query(0)->parameters[0]->fallback, nullptr);
  EXPECT_STREQ(query(0)->parameters[1]->name, "times");
  EXPECT_EQ(query(0)->parameters[1]->least, 0);
  EXPECT_EQ(query(2), nullptr);
  EXPECT_EQ(static_cast<const refold_queries*>(plugin.extension("query/1"))->at(1, 0), nullptr);
  EXPECT_EQ(apply("x"), REFOLD_OK);
  const refold_bytes arguments[] = {text("x"), text("21")};
  EXPECT_EQ(query(0)->run(self_, &host_.abi, arguments), REFOLD_OK);
  EXPECT_EQ(host_.answer, "21");
}

TEST_F(Wall, AQueryThatFailsSaysWhy) {
  EXPECT_EQ(query(1)->run(self_, &host_.abi, nullptr), REFOLD_FAILED);
  EXPECT_EQ(host_.failure, "no answer today");
  const refold_bytes arguments[] = {text("x"), text("many")};
  EXPECT_EQ(query(0)->run(self_, &host_.abi, arguments), REFOLD_FAILED);
  EXPECT_EQ(host_.failure, "times: 'many' is no such integer");
  host_.next = REFOLD_RETRY;
  EXPECT_EQ(query(1)->run(self_, &host_.abi, nullptr), REFOLD_FAILED);
  const refold_bytes good[] = {text("x"), text("1")};
  EXPECT_EQ(query(0)->run(self_, &host_.abi, good), REFOLD_RETRY);
}

TEST_F(Wall, RowsAreDescribed) {
  const auto* describe = static_cast<const refold_describe*>(plugin.extension("describe/1"));
  EXPECT_STREQ(describe->layout(0, 0), "key:text row:u64");
  EXPECT_STREQ(describe->layout(0, 1), "key:(text,u64) row:text");
  EXPECT_EQ(describe->layout(0, 2), nullptr);
  EXPECT_EQ(describe->layout(1, 0), nullptr);
  EXPECT_EQ(apply("x"), REFOLD_OK);
  const auto& [key, row] = *host_.rows.begin();
  const refold_bytes key_bytes{key.data(), key.size()};
  EXPECT_EQ(describe->render(&host_.abi, 0, 0, key_bytes, {row.data(), row.size()}), REFOLD_OK);
  EXPECT_EQ(host_.answer, R"({"key":"x","row":1})");
  EXPECT_EQ(describe->render(&host_.abi, 0, 0, key_bytes, text("no row")), REFOLD_NONE);
  EXPECT_EQ(describe->render(&host_.abi, 0, 9, key_bytes, {}), REFOLD_NONE);
  EXPECT_EQ(describe->render(&host_.abi, 9, 0, key_bytes, {}), REFOLD_NONE);
  EXPECT_EQ(describe->render(&host_.abi, 0, 0, {}, {}), REFOLD_NONE);
}

TEST_F(Wall, OptionsHaveTheirValuesFromTheBeginning) {
  auto& raw = static_cast<Raw&>(*static_cast<Projection*>(self_));
  EXPECT_EQ(*raw.least, 5);
  EXPECT_EQ(*raw.mode, "fast");
}

TEST_F(Wall, AnInstanceThatCannotBeMadeIsNone) {
  void* other = nullptr;
  host_.next = REFOLD_RETRY;
  EXPECT_EQ(projection().create(&host_.abi, &other), REFOLD_RETRY);
  host_.next = REFOLD_OK;
  host_.options[0] = "five";
  EXPECT_EQ(projection().create(&host_.abi, &other), REFOLD_FAILED);
  EXPECT_EQ(host_.failure, "least: 'five' is no such integer");
  EXPECT_EQ(other, nullptr);
}

struct FailsToStart : Projection {
  static constexpr Manifest manifest{.name = "fails-to-start"};
  FailsToStart() { throw std::runtime_error("no beans"); }
  void apply(const RecordChange&) {}
};

TEST(Plugin, AConstructorThatThrowsIsAStartThatFails) {
  RawHost host;
  const auto failing = detail::Plugin<FailsToStart>::table("other", "1", "");
  EXPECT_STREQ(failing.name, "other");
  EXPECT_EQ(failing.start(&host.abi), REFOLD_FAILED);
  EXPECT_EQ(host.failure, "no beans");
}

struct All : Projection {
  static constexpr Manifest manifest{.name = "all", .history = true, .account_status = true};
  void apply(const Event& event) { kinds += std::to_string(int(event.kind())) + " "; }
  std::string kinds;
};
struct WalledAccounts : Projection {
  static constexpr Manifest manifest{.name = "accounts"};
  void apply(const AccountChange& change) { seen += std::string(change.status()) + " "; }
  void apply(const IdentityChange& change) { seen += std::string(change.handle()) + " "; }
  std::string seen;
};

TEST(Plugin, WantsWhatItsApplyTakes) {
  EXPECT_EQ(detail::wants_of<All>(), REFOLD_RECORDS | REFOLD_ACCOUNTS | REFOLD_IDENTITIES |
                                         REFOLD_HISTORY | REFOLD_ACCOUNT_STATUS);
  EXPECT_EQ(detail::wants_of<WalledAccounts>(), REFOLD_ACCOUNTS | REFOLD_IDENTITIES);
  EXPECT_EQ(detail::wants_of<Raw>(), REFOLD_RECORDS);
}

TEST(Plugin, EachKindOfEventGoesToItsApply) {
  All all;
  WalledAccounts accounts;
  for (std::uint8_t kind = 0; kind < 10; ++kind) {
    refold_event one = event("x");
    one.kind = kind;
    one.status = text("deleted");
    one.handle = text("alice.example.com");
    detail::apply_one(all, one);
    detail::apply_one(accounts, one);
  }
  EXPECT_EQ(accounts.seen, "alice.example.com deleted ");
  EXPECT_EQ(all.kinds, "0 1 2 3 4 5 6 7 8 9 ");
}

static_assert(detail::valid_name("bean-ratings2"));
static_assert(
    !detail::valid_name("") && !detail::valid_name("2beans") && !detail::valid_name("Beans") &&
    !detail::valid_name("a_b") &&
    !detail::valid_name("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));

}  // namespace
}  // namespace refold
