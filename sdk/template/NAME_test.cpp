// Tests of the projection, in memory: given these records, expect these rows.
#include "NAME.cpp"

#include <cstdio>
#include <refold/testing.hpp>

namespace t = refold::testing;

namespace {

constexpr const char* alice = "did:plc:alice";
constexpr const char* bob = "did:plc:bob";
constexpr const char* likes = "app.bsky.feed.like";
constexpr const char* first_post = "at://did:plc:carol/app.bsky.feed.post/3kfirst";
constexpr const char* second_post = "at://did:plc:carol/app.bsky.feed.post/3ksecond";

t::Data like_of(const char* post) {
  return t::object({{"$type", likes},
                    {"subject", t::object({{"uri", post}, {"cid", "bafyreisomething"}})},
                    {"createdAt", "2026-01-31T12:00:00Z"}});
}

int failed = 0;
void expect(bool holds, const char* what) {
  if (!holds) std::printf("FAILED: %s\n", what);
  if (!holds) ++failed;
}

}  // namespace

int main() {
  t::TestLog log;
  t::Fold<TypeName> fold;
  log.create(alice, likes, "3ka", like_of(first_post));
  log.create(bob, likes, "3kb", like_of(first_post));
  log.create(bob, likes, "3kc", like_of(second_post));
  fold.apply(log);
  expect(fold->likes.get(first_post) == 2, "two likes are counted as two");
  expect(fold.query("top", {{"limit", "1"}}) == "[[\"" + std::string(first_post) + "\",2]]",
         "what is liked most is on top");

  log.remove(bob, likes, "3kc");
  fold.apply(log);
  expect(!fold->likes.get(second_post), "a like that was removed does not count");

  // Whatever the batches, the crashes and the records: see refold/testing/conformance.hpp.
  const t::Report report = t::conformance<TypeName>({like_of(first_post), like_of(second_post)});
  expect(report.ok, report.text.c_str());
  return failed == 0 ? 0 : 1;
}
