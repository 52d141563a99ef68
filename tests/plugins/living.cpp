// Written with the SDK: the living records of each collection, in two orders, and the changes of
// each author.
#include <refold/projection.hpp>

namespace {

struct Living : refold::Projection {
  static constexpr refold::Manifest manifest{.name = "living", .fold = 1};
  refold::Table<refold::Nsid, std::int64_t> records{*this, "records"};
  refold::Index<std::int64_t, refold::Nsid, std::int64_t> most{
      records, "most", [](std::int64_t count) { return count; }};
  refold::Table<refold::Did, std::uint64_t> changes{*this, "changes"};

  void apply(const refold::RecordChange& change) {
    if (change.previous_value()) records.update(change.collection(), [](auto& count) { --count; });
    if (change.record_value()) records.update(change.collection(), [](auto& count) { ++count; });
    changes.update(change.did(), [](auto& count) { ++count; });
  }

  std::uint64_t changes_of(const std::string& did) const { return changes.get(did).value_or(0); }
  refold::Query changes_query{
      *this, "changes", "by an author", &Living::changes_of, {{.name = "did"}}};
};

}  // namespace

REFOLD_PLUGIN("1.0.0", Living)
