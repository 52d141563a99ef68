#include "core/plugin/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <stdexcept>

#include "tests/plugin/fixture.h"

namespace refold::plugin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Change = std::function<void(FakePlugin&)>;

/// What a plugin is refused with after one change.
std::string refused(const Change& change) {
  FakePlugin fake;
  change(fake);
  return fake.complaint();
}

TEST(Manifest, EverythingThatAPluginSaysIsRead) {
  FakePlugin fake;
  const auto manifest = fake.read().value();
  const PluginInfo& info = manifest.info;
  EXPECT_EQ(info.name, "bluesky");
  EXPECT_EQ(info.version, "1.2.0");
  EXPECT_EQ(info.build_id, "f00d");
  EXPECT_EQ(info.abi_major, REFOLD_ABI_MAJOR);
  ASSERT_EQ(info.projections.size(), 1U);
  const ProjectionInfo& projection = info.projections[0];
  EXPECT_EQ(projection.name, "likes");
  EXPECT_EQ(projection.summary, "likes by subject");
  EXPECT_EQ(projection.fold, 3U);
  EXPECT_EQ(projection.wants, unsigned{REFOLD_RECORDS});
  EXPECT_THAT(projection.collections, ElementsAre("app.bsky.feed.like", "app.bsky.graph.*"));
  EXPECT_THAT(projection.tables, ElementsAre("by-subject", "by-actor"));
  EXPECT_THAT(projection.layouts, ElementsAre("a: text", "b: text"));
  ASSERT_EQ(projection.options.size(), 2U);
  EXPECT_EQ(projection.options[0].name, "limit");
  EXPECT_EQ(projection.options[0].fallback, "10");
  EXPECT_EQ(projection.options[0].least, 1);
  EXPECT_EQ(projection.options[0].most, 100);
  EXPECT_EQ(projection.options[1].type, unsigned{REFOLD_TIME});
  ASSERT_EQ(projection.queries.size(), 1U);
  EXPECT_EQ(projection.queries[0].name, "top");
  EXPECT_EQ(projection.queries[0].parameters[0].fallback, std::nullopt);
  EXPECT_EQ(manifest.projections[0].projection, &fake.projection);
  EXPECT_THAT(manifest.projections[0].queries, ElementsAre(&fake.query));
  EXPECT_EQ(manifest.describe, &fake.described);
}

TEST(Manifest, QueriesAndDescriptionsMayBeMissing) {
  FakePlugin fake;
  fake.answers = false;
  fake.describes = false;
  const auto manifest = fake.read().value();
  EXPECT_THAT(manifest.info.projections[0].queries, IsEmpty());
  EXPECT_THAT(manifest.info.projections[0].layouts, IsEmpty());
  EXPECT_EQ(manifest.describe, nullptr);
}

TEST(Manifest, AnotherMajorVersionIsRefusedWithBothNumbers) {
  FakePlugin fake;
  fake.plugin.abi_major = 2;
  fake.plugin.abi_minor = 5;
  const auto refusal = fake.read();
  EXPECT_EQ(refusal.error().code, Errc::unsupported);
  EXPECT_THAT(refusal.error().message, HasSubstr("version 2.5 of the plugin ABI"));
  EXPECT_THAT(refusal.error().message, HasSubstr("this host has 1.0"));
  EXPECT_THAT(refused([](auto& it) { it.plugin.abi_major = 0; }), HasSubstr("version 0.0 of"));
}

TEST(Manifest, ANewerMinorVersionIsRefusedAndAnOlderOneIsNot) {
  EXPECT_THAT(refused([](auto& it) { it.plugin.abi_minor = REFOLD_ABI_MINOR + 1; }),
              HasSubstr("version 1.1 of the plugin ABI, and this host has 1.0"));
  EXPECT_EQ(refused([](auto& it) { it.plugin.abi_minor = REFOLD_ABI_MINOR; }), "");
}

TEST(Manifest, TheVersionIsAskedBeforeTheSizeOfALaterStruct) {
  EXPECT_THAT(refused([](auto& it) {
                it.plugin.abi_major = 2;
                it.plugin.size = offsetof(refold_plugin_v1, reserved);
              }),
              HasSubstr("version 2.0"));
}

TEST(Manifest, AStructThatIsTooShortIsNotRead) {
  EXPECT_THAT(refused([](auto& it) { it.plugin.size = 8; }), HasSubstr("8 bytes, too few"));
  EXPECT_THAT(refused([](auto& it) { it.plugin.size = sizeof it.plugin - 1; }),
              HasSubstr("refold_plugin: its size is 63, but this struct has at least 64"));
  EXPECT_THAT(refused([](auto& it) { it.projection.size -= 8; }),
              HasSubstr("projection 0: its size is"));
  EXPECT_THAT(refused([](auto& it) { it.limit.size = 4; }), HasSubstr("option 0: its size is 4"));
  EXPECT_THAT(refused([](auto& it) { it.query.size = 16; }), HasSubstr("query 0: its size is 16"));
  EXPECT_THAT(refused([](auto& it) { it.offered.size = 8; }), HasSubstr("its size is 8"));
  EXPECT_THAT(refused([](auto& it) { it.asked.size = 8; }), HasSubstr("its size is 8"));
  EXPECT_THAT(refused([](auto& it) { it.described.size = 8; }), HasSubstr("its size is 8"));
}

TEST(Manifest, AStructThatIsLongerIsRead) {
  EXPECT_EQ(refused([](auto& it) {
              it.plugin.size += 64;
              it.projection.size += 64;
              it.limit.size += 64;
              it.query.size += 64;
            }),
            "");
}

TEST(Manifest, WhatMustBeThereIsMissed) {
  const std::vector<std::pair<Change, std::string>> cases = {
      {[](auto& it) { it.plugin.start = nullptr; }, "start is null"},
      {[](auto& it) { it.plugin.stop = nullptr; }, "stop is null"},
      {[](auto& it) { it.plugin.extension = nullptr; }, "extension is null"},
      {[](auto& it) { it.offers = false; }, "has no \"projection/1\""},
      {[](auto& it) { it.projections.clear(); }, "offers no projection"},
      {[](auto& it) { it.projections = {nullptr}; }, "projection 0 is null"},
      {[](auto& it) { it.projection.create = nullptr; }, "projection 0: create is null"},
      {[](auto& it) { it.projection.destroy = nullptr; }, "destroy is null"},
      {[](auto& it) { it.projection.apply = nullptr; }, "apply is null"},
      {[](auto& it) { it.asked.at = nullptr; }, "at is null"},
      {[](auto& it) { it.query.run = nullptr; }, "\"likes\": query 0: run is null"},
      {[](auto& it) { it.described.layout = nullptr; }, "layout is null"},
      {[](auto& it) { it.described.render = nullptr; }, "render is null"},
      {[](auto& it) {
         it.layouts = {"a", nullptr};
       },
       "the layout of table 1 is null"},
      {[](auto& it) { it.plugin.name = nullptr; }, "the plugin's name is null"},
      {[](auto& it) { it.plugin.version = nullptr; }, "version is null"},
      {[](auto& it) { it.plugin.version = ""; }, "no version"},
      {[](auto& it) { it.plugin.build_id = nullptr; }, "build id is null"},
      {[](auto& it) { it.projection.summary = nullptr; }, "its summary is null"},
      {[](auto& it) {
         it.tables = {"a", nullptr};
       },
       "table 1 is null"},
      {[](auto& it) { it.options = {nullptr}; }, "option 0 is null"},
      {[](auto& it) { it.parameters = {nullptr}; }, "parameter 0 is null"}};
  for (const auto& [change, message] : cases) {
    EXPECT_THAT(refused(change), HasSubstr(message)) << message;
  }
}

TEST(Manifest, AListThatIsNullIsNotRead) {
  FakePlugin fake;
  ASSERT_EQ(fake.complaint(), "");
  fake.projection.tables = nullptr;
  EXPECT_EQ(read_manifest(fake.plugin).error().message,
            "projection 0: it counts 2 tables, but their list is null");
}

TEST(Manifest, AProjectionMayHaveNoTables) {
  EXPECT_EQ(refused([](auto& it) { it.tables.clear(); }), "");
}

TEST(Manifest, NamesThatAreNoneAreRefused) {
  for (const char* name : {"", "A", "1a", "a_b", "a.b", "../a", "a b", "a\n", "\xc3\xa9"}) {
    EXPECT_THAT(refused([&](auto& it) { it.plugin.name = name; }), HasSubstr("is no name")) << name;
    EXPECT_THAT(refused([&](auto& it) { it.projection.name = name; }), HasSubstr("is no name"));
    EXPECT_THAT(refused([&](auto& it) { it.tables[1] = name; }), HasSubstr("is no name"));
    EXPECT_THAT(refused([&](auto& it) { it.query.name = name; }), HasSubstr("is no name"));
  }
  for (const char* name : {"", "a.b", "a b", "a=b"}) {
    EXPECT_THAT(refused([&](auto& it) { it.limit.name = name; }), HasSubstr("is no name")) << name;
    EXPECT_THAT(refused([&](auto& it) { it.subject.name = name; }), HasSubstr("is no name"));
  }
  EXPECT_EQ(refused([](auto& it) { it.limit.name = "Max_rows-2"; }), "");
}

TEST(Manifest, ATextThatDoesNotEndIsCutOffAndRefused) {
  const std::string endless(1 << 20, 'a');
  EXPECT_THAT(refused([&](auto& it) { it.plugin.name = endless.c_str(); }),
              HasSubstr("name does not end within 63 bytes: \"aaaa"));
  EXPECT_THAT(refused([&](auto& it) { it.projection.summary = endless.c_str(); }),
              HasSubstr("summary does not end within 255 bytes"));
  EXPECT_THAT(refused([&](auto& it) { it.layouts[0] = endless.c_str(); }),
              HasSubstr("layout of table 0 does not end within 65536 bytes"));
  const std::string longest(REFOLD_NAME_MAX, 'a');
  EXPECT_EQ(refused([&](auto& it) { it.plugin.name = longest.c_str(); }), "");
}

TEST(Manifest, AllTextsTogetherHaveABound) {
  const std::string layout(layout_bytes_max, 'a');
  std::vector<std::string> names;
  for (std::size_t table = 0; table < tables_max; ++table) {
    names.push_back("table-" + std::to_string(table));
  }
  EXPECT_THAT(refused([&](auto& it) {
                it.tables.clear();
                for (const auto& name : names) it.tables.push_back(name.c_str());
                it.layouts.assign(tables_max, layout.c_str());
              }),
              HasSubstr("all texts of the manifest are over 4194304 bytes"));
}

TEST(Manifest, SummariesAreOneLineOfText) {
  EXPECT_THAT(refused([](auto& it) { it.projection.summary = "two\nlines"; }),
              HasSubstr("\"two\\x0alines\" is not one line"));
  EXPECT_THAT(refused([](auto& it) { it.plugin.version = "\x1b[2J"; }), HasSubstr("one line"));
  EXPECT_THAT(refused([](auto& it) { it.limit.summary = "\xff"; }), HasSubstr("one line"));
  EXPECT_THAT(refused([](auto& it) { it.layouts[0] = "\xff"; }), HasSubstr("is not UTF-8"));
}

TEST(Manifest, NothingIsNamedTwice) {
  EXPECT_THAT(refused([](auto& it) { it.tables[1] = it.tables[0]; }),
              HasSubstr("projection \"likes\": there are two of table \"by-subject\""));
  EXPECT_THAT(refused([](auto& it) { it.since.name = "limit"; }), HasSubstr("two of option"));
  EXPECT_THAT(refused([](auto& it) { it.queries.push_back(&it.query); }),
              HasSubstr("two of query"));
  EXPECT_THAT(refused([](auto& it) {
                it.parameters = {&it.subject, &it.subject};
              }),
              HasSubstr("two of parameter"));
  EXPECT_THAT(refused([](auto& it) { it.collections[1] = it.collections[0]; }),
              HasSubstr("two of collection"));
  EXPECT_THAT(refused([](auto& it) {
                it.projections = {&it.projection, &it.projection};
              }),
              HasSubstr("two of projection"));
}

TEST(Manifest, CountsHaveBounds) {
  EXPECT_THAT(refused([](auto& it) { it.tables.assign(tables_max + 1, "a"); }),
              HasSubstr("projection 0: it has 129 tables, at most 128 may be"));
  EXPECT_THAT(refused([](auto& it) { it.options.assign(options_max + 1, &it.limit); }),
              HasSubstr("65 options"));
  EXPECT_THAT(refused([](auto& it) { it.parameters.assign(options_max + 1, &it.limit); }),
              HasSubstr("65 parameters"));
  EXPECT_THAT(refused([](auto& it) { it.collections.assign(collections_max + 1, "a.b.c"); }),
              HasSubstr("257 collections"));
  EXPECT_THAT(refused([](auto& it) { it.projections.assign(projections_max + 1, &it.projection); }),
              HasSubstr("65 projections"));
  EXPECT_THAT(refused([](auto& it) { it.queries.assign(queries_max + 1, &it.query); }),
              HasSubstr("over 128 queries, or at() never ends"));
}

TEST(Manifest, CollectionsAreNsidsOrPrefixes) {
  for (const char* collection : {"likes", "app.bsky", "app.bsky.*.like", "*", ".*", "app..*", ""}) {
    EXPECT_THAT(refused([&](auto& it) { it.collections[0] = collection; }),
                HasSubstr("matches nothing"))
        << collection;
  }
  EXPECT_EQ(refused([](auto& it) { it.collections[0] = "app.*"; }), "");
}

TEST(Manifest, AProjectionWantsEventsThatThereAre) {
  EXPECT_THAT(refused([](auto& it) { it.projection.wants = REFOLD_RECORDS | 1024; }),
              HasSubstr("bits that this host does not know: 1024"));
  EXPECT_THAT(refused([](auto& it) { it.projection.wants = REFOLD_ACCOUNT_STATUS; }),
              HasSubstr("wants no events"));
  EXPECT_THAT(refused([](auto& it) { it.projection.wants = REFOLD_ACCOUNTS; }),
              HasSubstr("names collections, but wants no records"));
  EXPECT_EQ(refused([](auto& it) { it.projection.wants = REFOLD_HISTORY; }), "");
}

TEST(Manifest, OptionsCanHaveAValueAndTheirFallbackIsOne) {
  EXPECT_THAT(refused([](auto& it) { it.limit.type = 9; }), HasSubstr("of type 9"));
  EXPECT_THAT(refused([](auto& it) { it.limit.least = 101; }),
              HasSubstr("option \"limit\" can have no value: it is from 101 to 100"));
  EXPECT_THAT(refused([](auto& it) { it.subject.most = -1; }),
              HasSubstr("query \"top\": parameter \"subject\" can have no value"));
  EXPECT_THAT(refused([](auto& it) { it.limit.fallback = "101"; }),
              HasSubstr("option \"limit\": the fallback: \"101\" is not a whole number from 1"));
  EXPECT_THAT(refused([](auto& it) { it.since.fallback = "now"; }), HasSubstr("is not a time"));
}

TEST(Manifest, AnExceptionIsARefusal) {
  EXPECT_THAT(
      refused([](auto& it) { it.plugin.extension = [](const char*) -> const void* { throw 42; }; }),
      HasSubstr("extension() threw an exception through the boundary, which none may "
                "cross (int)"));
  EXPECT_THAT(refused([](auto& it) {
                it.asked.at = [](std::uint32_t, std::uint32_t) -> const refold_query* {
                  throw std::runtime_error("\x1b[2J");
                };
              }),
              HasSubstr("(std::runtime_error: \\x1b[2J)"));
}

TEST(Manifest, AnInfoIsTheSameAfterItWasStored) {
  FakePlugin fake;
  const PluginInfo info = fake.read().value().info;
  EXPECT_EQ(decode_plugin_info(encode(info)).value(), info);
}

TEST(Manifest, AStoredInfoThatIsCutOffOrChangedIsAnErrorOrValid) {
  FakePlugin fake;
  const Bytes stored = encode(fake.read().value().info);
  for (std::size_t size = 0; size < stored.size(); ++size) {
    EXPECT_TRUE(decode_plugin_info(ByteView(stored).first(size)).has_error()) << size;
  }
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    Bytes changed = stored;
    for (int change = 0; change < 3; ++change) {
      changed[random() % changed.size()] = static_cast<std::uint8_t>(random());
    }
    const auto decoded = decode_plugin_info(changed);
    EXPECT_TRUE(decoded.has_error() || check(*decoded).has_value());
  }
}

TEST(Manifest, AStoredInfoOfALaterFormatIsCalledThat) {
  EXPECT_EQ(decode_plugin_info(Bytes{2}).error().code, Errc::newer_format);
  EXPECT_EQ(decode_plugin_info(Bytes{}).error().code, Errc::corrupt);
}

}  // namespace
}  // namespace refold::plugin
