#include "core/view/diff.h"

#include "tests/view/fixture.h"

namespace refold::view {
namespace {

struct DiffTest : ViewTest {
  std::filesystem::path other_folder = temp / "other";

  /// Each difference as text: "likes a: 1 -> 2".
  static std::vector<std::string> differences(const Snapshot& before, const Snapshot& after,
                                              std::size_t enough = 1000) {
    std::vector<std::string> found;
    const auto text = [](const std::optional<ByteView>& row) {
      return row ? std::string(text_of(*row)) : std::string("-");
    };
    const auto compared = compare(before, after, [&](const Difference& one) {
      found.push_back(std::string(one.table) + " " + std::string(text_of(one.key)) + ": " +
                      text(one.before) + " -> " + text(one.after));
      return found.size() < enough;
    });
    EXPECT_TRUE(compared.has_value());
    return found;
  }
};

TEST_F(DiffTest, RowsThatWereAddedRemovedAndChangedAreToldInOrder) {
  create();
  const auto other =
      View::create(other_folder, {"posts", "likes", "new"}, at_seq(0), options).value();
  {
    Batch batch(*view);
    for (const char* key : {"a", "b", "d"}) put(batch, 0, key, "1");
    put(batch, 1, "same", "1");
    commit(batch, 1);
    Batch changed(*other);
    put(changed, 1, "a", "1");
    put(changed, 1, "c", "3");
    put(changed, 1, "d", "2");
    put(changed, 0, "same", "1");
    put(changed, 2, "x", "");
    commit(changed, 1);
  }
  const Snapshot before = snapshot();
  const Snapshot after = Snapshot::open(*other).value();
  EXPECT_THAT(differences(before, after),
              ::testing::ElementsAre("likes b: 1 -> -", "likes c: - -> 3", "likes d: 1 -> 2",
                                     "new x: - -> "));
  EXPECT_THAT(differences(after, before),
              ::testing::ElementsAre("likes b: - -> 1", "likes c: 3 -> -", "likes d: 2 -> 1",
                                     "new x:  -> -"));
  EXPECT_THAT(differences(before, after, 1), ::testing::ElementsAre("likes b: 1 -> -"));
}

TEST_F(DiffTest, TwoCommitsOfOneViewAreComparedToo) {
  create();
  Batch batch(*view);
  put(batch, 0, "a", "1");
  commit(batch, 1);
  const Snapshot before = snapshot();
  put(batch, 0, "a", "2");
  const std::string long_key(5000, 'k');
  put(batch, 1, long_key, "1");
  commit(batch, 2);
  EXPECT_THAT(differences(before, snapshot()),
              ::testing::ElementsAre("likes a: 1 -> 2", "posts " + long_key + ": - -> 1"));
  EXPECT_THAT(differences(before, before), ::testing::IsEmpty());
}

}  // namespace
}  // namespace refold::view
