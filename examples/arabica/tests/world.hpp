#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <refold/testing.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "records.hpp"

/// What the tests share: records, and histories of them that nobody has thought of.
namespace arabica::testing {

using refold::testing::conformance;
using refold::testing::Data;
using refold::testing::Fold;
using refold::testing::object;
using refold::testing::TestLog;

constexpr const char* alice = "did:plc:alice";
constexpr const char* bob = "did:plc:bob";
constexpr const char* carol = "did:plc:carol";

/// "at://did:plc:alice/social.arabica.alpha.bean/3k1"
inline std::string at(const std::string& did, const std::string& collection,
                      const std::string& rkey) {
  return AtUri::of(did, collection, rkey).text();
}
inline const std::string yirga = at(alice, Bean::type, "3kyirga");

inline Data reference(const std::string& uri) {
  return object({{"uri", uri}, {"cid", "bafyreia"}});
}

using Fields = std::vector<std::pair<std::string, Data>>;

/// A record: its type, its time, and these fields.
inline Data record(const char* type, Fields fields) {
  fields.emplace_back("$type", type);
  fields.emplace_back("createdAt", "2025-12-24T08:00:00Z");
  return object(std::move(fields));
}
inline Data brew(const std::string& bean, int rating, Fields fields = {}) {
  fields.emplace_back("beanRef", bean);
  fields.emplace_back("rating", rating);
  return record(Brew::type, std::move(fields));
}
inline Data bean(const std::string& name, const std::string& roaster, Fields fields = {}) {
  fields.emplace_back("name", name);
  fields.emplace_back("roasterRef", roaster);
  return record(Bean::type, std::move(fields));
}
inline Data roaster(const std::string& name) { return record(Roaster::type, {{"name", name}}); }
inline Data like(const std::string& subject) {
  return record(Like::type, {{"subject", reference(subject)}});
}

/// Records that come, change and go at random, some of them late, and what is left of them in the
/// end, in a map: a model is computed from that, and must be what a projection has.
template <class Fact>
class History {
 public:
  explicit History(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }
  /// One of few, so that they meet.
  std::string any_did() { return "did:plc:person" + std::to_string(below(4)); }
  std::string any(const char* collection) {
    return at(any_did(), collection, "3k" + std::to_string(below(6)));
  }

  /// The record at `uri` becomes this one, unless a newer version of it has been here.
  void put(const std::string& uri, const Data& data, const Fact& fact) {
    if (write(uri, [&](const AtUri& to) {
          log_.update(to.authority(), to.collection(), to.rkey(), data);
        })) {
      facts_[uri] = fact;
    }
  }
  void remove(const std::string& uri) {
    if (write(uri,
              [&](const AtUri& to) { log_.remove(to.authority(), to.collection(), to.rkey()); })) {
      facts_.erase(uri);
    }
  }
  /// Whoever this is deletes the account: all records go.
  void delete_account(const std::string& did) {
    log_.account(did, false, "deleted");
    std::erase_if(
        facts_, [&](const auto& fact) { return AtUri::unchecked(fact.first).authority() == did; });
  }

  [[nodiscard]] const TestLog& log() const { return log_; }
  [[nodiscard]] const std::map<std::string, Fact>& facts() const { return facts_; }

 private:
  /// False if it came late, and for nothing.
  template <class Write>
  bool write(const std::string& uri, const Write& write) {
    const bool late = below(8) == 0;
    if (late) log_.late();
    write(AtUri::unchecked(uri));
    if (!late) newest_.insert(uri);
    return !late || !newest_.contains(uri);
  }

  std::mt19937_64 random_;
  TestLog log_;
  std::map<std::string, Fact> facts_;
  std::set<std::string> newest_;  // have a version that came in time
};

/// The rows of a table, for a comparison with those of a model.
template <class Table>
auto rows(const Table& table) {
  std::vector<std::string> texts;
  table.scan([&texts](const auto& key, const auto& row) {
    texts.push_back(refold::to_json(key) + " " + refold::to_json(row));
  });
  return texts;
}
template <class Row>
auto rows(const std::map<std::string, Row>& model) {
  std::vector<std::string> texts;
  for (const auto& [key, row] : model) {
    texts.push_back(refold::to_json(key) + " " + refold::to_json(row));
  }
  return texts;
}

}  // namespace arabica::testing
