#include "links.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <refold/testing/data.hpp>

namespace refold::plugins {
namespace {

using testing::array;
using testing::Data;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::object;
using ::testing::SizeIs;

constexpr const char* first_post = "at://did:plc:carol/app.bsky.feed.post/3kfirst";
constexpr const char* second_post = "at://did:plc:carol/app.bsky.feed.post/3ksecond";

/// "path target", in order.
std::vector<std::string> links_in(const Data& record) {
  std::vector<std::string> texts;
  for (const Link& link : Links::of(record.value())) texts.push_back(link.path + " " + link.target);
  return texts;
}

TEST(Links, AreStrongReferencesAndTextsWithTheirPaths) {
  const Data reply = object({{"root", object({{"uri", first_post}, {"cid", "bafyreia"}})},
                             {"parent", object({{"uri", second_post}, {"cid", "bafyreia"}})}});
  EXPECT_THAT(links_in(object({{"$type", "app.bsky.feed.post"}, {"reply", reply}})),
              ElementsAre(".reply.root.uri " + std::string(first_post),
                          ".reply.parent.uri " + std::string(second_post)));
  EXPECT_THAT(links_in(object({{"subject", "did:plc:carol"}})),
              ElementsAre(".subject did:plc:carol"));
}

TEST(Links, ItemsOfArraysHaveTheirTypeInThePath) {
  const Data mention =
      object({{"$type", "app.bsky.richtext.facet#mention"}, {"did", "did:web:example.com"}});
  const Data facet = object({{"features", array({mention})}, {"index", object({})}});
  EXPECT_THAT(
      links_in(object({{"facets", array({facet})}})),
      ElementsAre(".facets[].features[app.bsky.richtext.facet#mention].did did:web:example.com"));
  EXPECT_THAT(links_in(object({{"a", array({array({"did:plc:a", object({{"$type", 1}})})})}})),
              ElementsAre(".a[][] did:plc:a"));
}

TEST(Links, AreEachThereOnceHoweverOftenTheyAreWritten) {
  EXPECT_THAT(
      links_in(object({{"a", array({"did:plc:a", "did:plc:b", "did:plc:a"})}, {"b", "did:plc:a"}})),
      ElementsAre(".a[] did:plc:a", ".b did:plc:a", ".a[] did:plc:b"));
}

TEST(Links, AreNotWhatOnlyHasOneInIt) {
  EXPECT_THAT(links_in(object({{"text", "see at://did:plc:a"},
                               {"url", "https://example.com/did:plc:a"},
                               {"space", "did:plc:a "},
                               {"half", "did:plc:"},
                               {"uri", "at://did:plc:a/notanid/3k"},
                               {"did:plc:a", 1},
                               {"bytes", Bytes{'d', 'i', 'd', ':', 'a', ':', 'b'}}})),
              IsEmpty());
  EXPECT_THAT(Links::of(std::nullopt), IsEmpty());
}

TEST(Links, OfAHandleAreLinksAsTheyAreWritten) {
  EXPECT_THAT(links_in(object({{"uri", "at://Alice.example.com/app.bsky.feed.post/3k"}})),
              ElementsAre(".uri at://Alice.example.com/app.bsky.feed.post/3k"));
}

TEST(Links, HaveBounds) {
  Data deep("did:plc:a");
  for (unsigned i = 0; i < Links::depth_max; ++i) deep = array({deep});
  EXPECT_THAT(links_in(deep), SizeIs(1));
  EXPECT_THAT(links_in(array({deep})), IsEmpty());
  const auto named = [](std::size_t bytes) {
    return object({{std::string(bytes, 'n'), "did:plc:a"}, {"z", "did:plc:b"}});
  };
  EXPECT_THAT(links_in(named(Links::path_bytes_max - 1)), SizeIs(2));
  EXPECT_THAT(links_in(named(Links::path_bytes_max)), ElementsAre(".z did:plc:b"));
  std::vector<Data> many;
  for (std::size_t i = 0; i < Links::count_max + 10; ++i) {
    many.emplace_back("did:plc:" + std::to_string(i));
  }
  EXPECT_THAT(links_in(object({{"a", array(many)}, {"b", "did:plc:last"}})),
              SizeIs(Links::count_max));
}

}  // namespace
}  // namespace refold::plugins
