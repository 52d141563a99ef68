#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <refold/projection.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>

namespace refold::plugins {

/// The newest version of a record. Its CID is not kept: it is a hash of the bytes that are.
struct Version {
  Tid rev;
  std::uint64_t seq = 0;
  Record record;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(rev), REFOLD_FIELD(seq), REFOLD_FIELD(record));
  }
};

/// A record as it is answered: as com.atproto.repo.getRecord does, and where it is in the log.
struct FoundRecord {
  AtUri uri;
  Cid cid;
  Tid rev;
  std::uint64_t seq = 0;
  Record value;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(uri), REFOLD_FIELD(cid), REFOLD_FIELD(rev), REFOLD_FIELD(seq),
            REFOLD_FIELD(value));
  }
};

/// The newest version of every record, byte for byte.
struct Records : Projection {
  static constexpr Manifest manifest{.name = "records",
                                     .summary = "the newest version of every record",
                                     .fold = 1,
                                     .account_status = true};
  using Key = std::tuple<Did, Nsid, RecordKey>;
  using KeyView = std::tuple<std::string_view, std::string_view, std::string_view>;
  Table<Key, Version> records{*this, "records"};
  Table<std::tuple<Did, Nsid>, std::uint64_t> counts{*this, "counts"};
  Table<Nsid, std::uint64_t> collections{*this, "collections"};

  /// Nothing is decoded: there is a record where there are bytes of one.
  void apply(const RecordChange& change) {
    const bool was = !change.previous_bytes().empty();
    const bool is = !change.record_bytes().empty();
    const KeyView key{change.did(), change.collection(), change.rkey()};
    if (is) {
      records.put(key, {change.rev(), change.seq(), Record(change.record_bytes())});
    } else if (was) {
      records.remove(key);
    }
    if (was == is) return;
    const auto add = [by = is ? std::uint64_t{1} : ~std::uint64_t{0}](std::uint64_t& count) {
      count += by;
    };
    counts.update({change.did(), change.collection()}, add);
    collections.update(change.collection(), add);
  }

  std::optional<FoundRecord> get(const AtUri& uri, bool inactive) const {
    const KeyView key{uri.authority(), uri.collection(), uri.rkey()};
    if (!Did::valid(uri.authority()) || uri.rkey().empty()) {
      throw std::invalid_argument("uri: '" + uri.text() +
                                  "' names no record: at://DID/COLLECTION/RKEY does");
    }
    if (is_hidden(uri.authority(), inactive)) return std::nullopt;
    const auto version = records.get(key);
    if (!version) return std::nullopt;
    return found(uri, *version);
  }
  Query get_query{*this,
                  "get",
                  "a record; null if there is none",
                  &Records::get,
                  {{.name = "uri", .summary = "at://DID/COLLECTION/RKEY"}, inactive_argument()}};

  Page<FoundRecord> list(const Did& repo, const Nsid& collection, std::size_t limit,
                         const Cursor& cursor, bool reverse, bool inactive) const {
    if (is_hidden(repo, inactive)) return {};
    auto range = records.prefix(repo, collection);
    if (!reverse) range.backwards();
    return page(records, range, cursor, limit, [](const Key& key, const Version& version) {
      const auto& [did, nsid, rkey] = key;
      return found(AtUri::of(did, nsid, rkey), version);
    });
  }
  Query list_query{
      *this,
      "list",
      "the records of a collection of a repo, from the last key to the first",
      &Records::list,
      {{.name = "repo", .summary = "the account's DID"},
       {.name = "collection"},
       {.name = "limit", .fallback = 50, .least = 1, .most = 100},
       {.name = "cursor", .summary = "of the page before"},
       {.name = "reverse", .summary = "from the first key to the last", .fallback = false},
       inactive_argument()}};

  std::uint64_t count(const std::optional<Did>& repo, const std::optional<Nsid>& collection) const {
    std::uint64_t sum = 0;
    if (repo && collection) return counts.get({*repo, *collection}).value_or(0);
    if (collection) return collections.get(*collection).value_or(0);
    if (repo) {
      counts.scan(counts.prefix(*repo), [&sum](const auto&, std::uint64_t n) { sum += n; });
    } else {
      collections.scan([&sum](const Nsid&, std::uint64_t n) { sum += n; });
    }
    return sum;
  }
  Query count_query{*this,
                    "count",
                    "how many records there are, of accounts that are not active too",
                    &Records::count,
                    {{.name = "repo", .summary = "of this account only"},
                     {.name = "collection", .summary = "in this collection only"}}};

 private:
  static Argument inactive_argument() {
    return {
        .name = "inactive", .summary = "also of accounts that are not active", .fallback = false};
  }
  [[nodiscard]] bool is_hidden(std::string_view did, bool inactive) const {
    return !inactive && !account(did).active;
  }
  static FoundRecord found(AtUri uri, const Version& version) {
    return {std::move(uri), Cid::of_record(version.record.bytes()), version.rev, version.seq,
            version.record};
  }
};

}  // namespace refold::plugins
