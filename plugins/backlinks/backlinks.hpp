#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <refold/projection.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "links.hpp"

namespace refold::plugins {

/// How many records link to something from one field of one collection, and of how many accounts.
struct LinkCount {
  std::uint64_t records = 0;
  std::uint64_t dids = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(records), REFOLD_FIELD(dids));
  }
};

/// The same, as it is answered.
struct LinkSource {
  Nsid collection;
  std::string path;
  std::uint64_t records = 0;
  std::uint64_t dids = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(collection), REFOLD_FIELD(path), REFOLD_FIELD(records),
            REFOLD_FIELD(dids));
  }
};

/// A record that links to something.
struct LinkingRecord {
  Did did;
  Nsid collection;
  RecordKey rkey;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(did), REFOLD_FIELD(collection), REFOLD_FIELD(rkey));
  }
};

/// For every record and every account, the records that link to it.
struct Backlinks : Projection {
  static constexpr Manifest manifest{.name = "backlinks",
                                     .summary = "which records link to a record or an account",
                                     .fold = 1,
                                     .account_status = true};
  /// By target, collection and path. Behind that the record key comes first: most are timestamps.
  using LinkKey = std::tuple<std::string, Nsid, std::string, RecordKey, Did>;
  Table<LinkKey, Nothing> links{*this, "links"};
  /// How many records of an account.
  using LinkerKey = std::tuple<std::string, Nsid, std::string, Did>;
  Table<LinkerKey, std::uint64_t> linkers{*this, "linkers"};
  using SourceKey = std::tuple<std::string, Nsid, std::string>;
  Table<SourceKey, LinkCount> sources{*this, "sources"};

  void apply(const RecordChange& change) {
    const std::vector<Link> before = Links::of(change.previous_value());
    const std::vector<Link> after = Links::of(change.record_value());
    std::vector<Link> gone;
    std::vector<Link> come;
    std::set_difference(before.begin(), before.end(), after.begin(), after.end(),
                        std::back_inserter(gone));
    std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                        std::back_inserter(come));
    for (const Link& link : gone) remove(link, change);
    for (const Link& link : come) add(link, change);
  }

  Page<LinkingRecord> linking(const std::string& target, const Nsid& collection,
                              const std::string& path, std::size_t limit, const Cursor& cursor,
                              bool inactive) const {
    check(target, path);
    return page(links, links.prefix(target, collection, path).backwards(), cursor, limit,
                [&](const LinkKey& key) -> std::optional<LinkingRecord> {
                  const Did& did = std::get<Did>(key);
                  if (!inactive && !account(did).active) return std::nullopt;
                  return LinkingRecord{did, collection, std::get<RecordKey>(key)};
                });
  }
  Query links_query{*this,
                    "links",
                    "the records that link to something, the last record key first",
                    &Backlinks::linking,
                    {target_argument(), collection_argument(), path_argument(), limit_argument(),
                     cursor_argument(), inactive_argument()}};

  Page<Did> dids(const std::string& target, const Nsid& collection, const std::string& path,
                 std::size_t limit, const Cursor& cursor, bool inactive) const {
    check(target, path);
    return page(linkers, linkers.prefix(target, collection, path), cursor, limit,
                [&](const LinkerKey& key) -> std::optional<Did> {
                  const Did& did = std::get<Did>(key);
                  if (!inactive && !account(did).active) return std::nullopt;
                  return did;
                });
  }
  Query dids_query{*this,
                   "dids",
                   "the accounts whose records link to something, each once",
                   &Backlinks::dids,
                   {target_argument(), collection_argument(), path_argument(), limit_argument(),
                    cursor_argument(), inactive_argument()}};

  LinkCount count(const std::string& target, const Nsid& collection,
                  const std::string& path) const {
    check(target, path);
    return sources.get({target, collection, path}).value_or(LinkCount{});
  }
  Query count_query{*this,
                    "count",
                    "how many records link to something, and of how many accounts",
                    &Backlinks::count,
                    {target_argument(), collection_argument(), path_argument()}};

  Page<LinkSource> all_sources(const std::string& target, std::size_t limit,
                               const Cursor& cursor) const {
    check(target, ".");
    return page(sources, sources.prefix(target), cursor, limit,
                [](const SourceKey& key, const LinkCount& count) {
                  const auto& [to, collection, path] = key;
                  return LinkSource{collection, path, count.records, count.dids};
                });
  }
  Query sources_query{*this,
                      "sources",
                      "from where something is linked to, with the count of each",
                      &Backlinks::all_sources,
                      {target_argument(), limit_argument(), cursor_argument()}};

 private:
  static Argument target_argument() {
    return {.name = "target", .summary = "the AT-URI of a record, or the DID of an account"};
  }
  static Argument collection_argument() {
    return {.name = "collection", .summary = "of the records that link"};
  }
  static Argument path_argument() {
    return {.name = "path", .summary = "where in them, such as .subject.uri"};
  }
  static Argument limit_argument() {
    return {.name = "limit", .fallback = 100, .least = 1, .most = 1000};
  }
  static Argument cursor_argument() { return {.name = "cursor", .summary = "of the page before"}; }
  static Argument inactive_argument() {
    return {
        .name = "inactive", .summary = "also of accounts that are not active", .fallback = false};
  }
  /// What is no target, or no path, would be answered with nothing for ever.
  static void check(const std::string& target, const std::string& path) {
    if (!Links::is_target(target)) {
      throw std::invalid_argument("target: '" + target + "' is neither an AT-URI nor a DID");
    }
    if (!path.starts_with('.')) {
      throw std::invalid_argument("path: '" + path +
                                  "' is none; one begins with a dot, such as "
                                  ".subject.uri or .facets[].features[TYPE].did");
    }
  }

  void add(const Link& link, const RecordChange& change) {
    bool first = false;
    links.put({link.target, change.collection(), link.path, change.rkey(), change.did()}, {});
    linkers.update({link.target, change.collection(), link.path, change.did()},
                   [&first](std::uint64_t& records) { first = records++ == 0; });
    sources.update({link.target, change.collection(), link.path}, [first](LinkCount& count) {
      ++count.records;
      if (first) ++count.dids;
    });
  }
  void remove(const Link& link, const RecordChange& change) {
    bool last = false;
    links.remove({link.target, change.collection(), link.path, change.rkey(), change.did()});
    linkers.update({link.target, change.collection(), link.path, change.did()},
                   [&last](std::uint64_t& records) { last = --records == 0; });
    sources.update({link.target, change.collection(), link.path}, [last](LinkCount& count) {
      --count.records;
      if (last) --count.dids;
    });
  }
};

}  // namespace refold::plugins
