#include <algorithm>

#include "core/base/digest.h"
#include "tests/atproto/test_data.h"
#include "tests/shipped/fixture.h"

namespace refold::shipped {
namespace {

TEST_F(RealEvents, RecordsHasTheNewestVersionOfEachRecordAndNoOther) {
  auto& records = load("records");
  ASSERT_GT(model.living.size(), 1000U);
  EXPECT_EQ(std::uint64_t(ask("records", "count")), model.living.size());
  for (const auto& [name, version] : model.living) {
    const auto& [did, collection, rkey] = name;
    const std::string uri = "at://" + did + "/" + collection + "/" + rkey;
    const element found = ask("records", "get", {{"uri", uri}, {"inactive", "true"}});
    ASSERT_TRUE(found.is_object()) << uri;
    EXPECT_EQ(text_of(found["uri"]), uri);
    EXPECT_EQ(text_of(found["cid"]), version.cid) << uri;
    EXPECT_EQ(text_of(found["rev"]), version.rev) << uri;
    EXPECT_EQ(canonical(found["value"]), version.value) << uri;
  }
  expect_as_rebuilt(records);
}

TEST_F(RealEvents, RecordsListsEachCollectionOfEachRepoWhole) {
  load("records");
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> keys;
  std::map<std::string, std::uint64_t> repos;
  for (const auto& [name, version] : model.living) {
    const auto& [did, collection, rkey] = name;
    keys[{did, collection}].push_back(rkey);
    ++repos[did];
  }
  for (auto& [place, expected] : keys) {
    const auto& [did, collection] = place;
    std::reverse(expected.begin(), expected.end());
    std::vector<std::string> listed;
    each_item("records", "list",
              {{"repo", did}, {"collection", collection}, {"inactive", "true"}, {"limit", "17"}},
              [&](const element& item) {
                const std::string uri = text_of(item["uri"]);
                listed.push_back(uri.substr(uri.rfind('/') + 1));
              });
    EXPECT_EQ(listed, expected) << did << " " << collection;
    EXPECT_EQ(std::uint64_t(ask("records", "count", {{"repo", did}, {"collection", collection}})),
              expected.size());
  }
  for (const auto& [did, count] : repos) {
    EXPECT_EQ(std::uint64_t(ask("records", "count", {{"repo", did}})), count);
  }
}

TEST_F(RealEvents, RecordsHidesExactlyTheAccountsThatAreNotActive) {
  load("records");
  int hidden = 0;
  for (const auto& [name, version] : model.living) {
    const auto& [did, collection, rkey] = name;
    const std::string uri = "at://" + did + "/" + collection + "/" + rkey;
    const auto known = model.active.find(did);
    const bool active = known == model.active.end() || known->second;
    EXPECT_EQ(ask("records", "get", {{"uri", uri}}).is_null(), !active) << uri;
    hidden += active ? 0 : 1;
  }
  EXPECT_GT(hidden, 0);
}

/// The reference implementation's own word on what each repo has in the end.
TEST_F(RealEvents, RecordsHasWhatTheReposOfTheHostHave) {
  const auto file = atproto::test::data_folder() / "pds-capture" / "pds0.final-state.jsonl";
  REFOLD_NEEDS_DATA(file);
  load("records");
  std::map<std::string, std::vector<std::string>> listings;
  for (const auto& [name, version] : model.living) {
    const auto& [did, collection, rkey] = name;
    const element found =
        ask("records", "get",
            {{"uri", "at://" + did + "/" + collection + "/" + rkey}, {"inactive", "true"}});
    listings[did].push_back(collection + "/" + rkey + " " + text_of(found["cid"]) + "\n");
  }
  int compared = 0;
  simdjson::dom::parser lines;
  for (const std::string& line : atproto::test::lines_of(file)) {
    const element repo = lines.parse(line);
    auto& listing = listings[text_of(repo["did"])];
    std::sort(listing.begin(), listing.end());
    std::string text;
    for (const std::string& entry : listing) text += entry;
    EXPECT_EQ(std::uint64_t(repo["records"]), listing.size()) << line;
    EXPECT_EQ(text_of(repo["listingSha256"]), hex(sha256(bytes_of(text)))) << line;
    ++compared;
  }
  EXPECT_GT(compared, 10);
}

TEST_F(RealEvents, StatsCountsWhatWasWitnessed) {
  auto& stats = load("stats");
  for (const auto& [collection, expected] : model.activities) {
    const element total = ask("stats", "total", {{"collection", collection}});
    EXPECT_EQ(std::uint64_t(total["creates"]), expected.creates) << collection;
    EXPECT_EQ(std::uint64_t(total["updates"]), expected.updates) << collection;
    EXPECT_EQ(std::uint64_t(total["deletes"]), expected.deletes) << collection;
    EXPECT_EQ(std::uint64_t(total["bytes"]), expected.bytes) << collection;
    EXPECT_EQ(std::uint64_t(total["actors"]), expected.actors.size()) << collection;
    std::uint64_t bytes = 0;
    std::uint64_t actors = 0;
    each_item("stats", "days", {{"collection", collection}}, [&](const element& day) {
      bytes += std::uint64_t(day["bytes"]);
      actors = std::max(actors, std::uint64_t(day["actors"]));
    });
    EXPECT_EQ(bytes, expected.bytes) << collection;
    EXPECT_GT(actors, 0U) << collection;
  }
  std::set<std::string> listed;
  each_item("stats", "collections", {{"limit", "3"}}, [&](const element& item) {
    EXPECT_TRUE(listed.insert(text_of(item["collection"])).second);
  });
  EXPECT_EQ(listed.size() + 1, model.activities.size());
  std::map<std::string, std::uint64_t> kinds;
  for (const element kind : ask("stats", "kinds").get_array()) {
    kinds[text_of(kind.at(0))] = std::uint64_t(kind.at(1)["events"]);
  }
  EXPECT_EQ(kinds, model.kinds);
  expect_as_rebuilt(stats);
}

TEST_F(RealEvents, BacklinksHasTheLinksOfTheLivingRecordsAndNoOther) {
  auto& backlinks = load("backlinks");
  std::size_t links = 0;
  for (const auto& [target, sources] : model.links) {
    std::map<Model::Source, std::pair<std::uint64_t, std::uint64_t>> told;
    each_item("backlinks", "sources", {{"target", target}, {"limit", "2"}},
              [&](const element& item) {
                told[{text_of(item["collection"]), text_of(item["path"])}] = {
                    std::uint64_t(item["records"]), std::uint64_t(item["dids"])};
              });
    for (const auto& [source, records] : sources) {
      if (records.empty()) continue;
      std::set<std::string> dids;
      for (const auto& record : records) dids.insert(record.first);
      EXPECT_EQ(told[source], std::pair(records.size(), dids.size())) << target << source.second;
      const projection::OptionPairs question = {{"target", target},
                                                {"collection", source.first},
                                                {"path", source.second},
                                                {"limit", "7"},
                                                {"inactive", "true"}};
      std::set<std::pair<std::string, std::string>> linking;
      each_item("backlinks", "links", question, [&](const element& item) {
        const auto record = std::pair(text_of(item["did"]), text_of(item["rkey"]));
        EXPECT_TRUE(linking.insert(record).second) << "twice: " << record.first << record.second;
      });
      EXPECT_EQ(linking, records) << target << " " << source.second;
      std::set<std::string> linkers;
      each_item("backlinks", "dids", question,
                [&](const element& did) { linkers.insert(text_of(did)); });
      EXPECT_EQ(linkers, dids) << target << " " << source.second;
      told.erase(source);
      links += records.size();
    }
    EXPECT_TRUE(told.empty()) << target << " is told to be linked to from more places";
  }
  EXPECT_GT(links, 1000U);
  expect_as_rebuilt(backlinks);
}

}  // namespace
}  // namespace refold::shipped
