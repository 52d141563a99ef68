#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "records.hpp"

namespace arabica {

/// One line of a feed. A brew has no name of its own: it is found through its bean.
struct EntryRow {
  Time time;
  std::optional<std::string> name;
  std::optional<AtUri> bean;
  std::optional<std::int64_t> rating;
  std::optional<std::string> notes;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(time), REFOLD_FIELD(name), REFOLD_FIELD(bean), REFOLD_FIELD(rating),
            REFOLD_FIELD(notes));
  }
};

/// The same, as it is answered: who (a handle, if one is known) made what.
struct FeedItem {
  AtUri uri;
  std::string who;
  std::string what;
  std::optional<std::string> name;
  std::optional<std::int64_t> rating;
  std::optional<std::string> notes;
  Time time;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(uri), REFOLD_FIELD(who), REFOLD_FIELD(what), REFOLD_FIELD(name),
            REFOLD_FIELD(rating), REFOLD_FIELD(notes), REFOLD_FIELD(time));
  }
};

struct PersonRow {
  std::string handle;
  std::string name;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(handle), REFOLD_FIELD(name));
  }
};

struct PersonPage {
  std::string handle;
  std::string name;
  std::map<std::string, std::uint64_t> counts;
  refold::Page<FeedItem> items;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(handle), REFOLD_FIELD(name), REFOLD_FIELD(counts), REFOLD_FIELD(items));
  }
};

/// What everybody does, and what one person does: the newest first.
struct Feed : refold::Projection {
  static constexpr refold::Manifest manifest{
      .name = "feed",
      .summary = "what people brew, and who they are",
      .fold = 1,
      .collections = {Brew::type, Bean::type, Roaster::type, Recipe::type, Named::grinder,
                      Named::brewer, Profile::type},
      .account_status = true};

  refold::Table<AtUri, EntryRow> entries{*this, "entries"};
  refold::Index<Time, AtUri, EntryRow> by_time{entries, "by-time", &EntryRow::time};
  using PersonTime = std::tuple<std::string, Time>;
  refold::Index<PersonTime, AtUri, EntryRow> by_person{
      entries, "by-person", [](const AtUri& uri, const EntryRow& entry) {
        return PersonTime(uri.authority(), entry.time);
      }};

  refold::Table<Did, PersonRow> people{*this, "people"};
  /// How many records of a kind somebody has.
  refold::Table<std::tuple<Did, std::string>, std::uint64_t> counts{*this, "counts"};

  void apply(const refold::RecordChange& change) {
    if (change.collection() == Profile::type) return introduce(change);
    const AtUri uri = change.uri();
    const std::tuple<std::string_view, std::string_view> kind{change.did(), kind_of(uri)};
    if (entries.contains(uri)) counts.update(kind, [](auto& count) { --count; });
    if (const auto entry = entry_of(change)) {
      entries.put(uri, *entry);
      counts.update(kind, [](auto& count) { ++count; });
    } else {
      entries.remove(uri);
    }
  }
  void apply(const refold::IdentityChange& change) {
    if (change.handle().empty()) return;  // something else about it changed
    people.update(change.did(), [&](PersonRow& person) { person.handle = change.handle(); });
  }

  void apply(const refold::AccountChange& change) {
    if (change.status() == "deleted") people.remove(change.did());
  }

  refold::Page<FeedItem> newest(std::size_t limit, const refold::Cursor& cursor) const {
    return refold::page(by_time, by_time.all().backwards(), cursor, limit,
                        [this](Time /*time*/, const AtUri& uri) { return item(uri); });
  }
  refold::Query newest_query{*this,
                             "newest",
                             "what everybody did, the newest first",
                             &Feed::newest,
                             {{.name = "limit", .fallback = 20, .least = 1, .most = 100},
                              {.name = "cursor", .summary = "of the page before"}}};

  PersonPage person(const Did& did, std::size_t limit, const refold::Cursor& cursor) const {
    const PersonRow row = people.get(did).value_or(PersonRow{});
    PersonPage page{row.handle, row.name, {}, {}};
    if (!account(did).active) return page;
    counts.scan(counts.prefix(did),
                [&](const std::tuple<Did, std::string>& key, std::uint64_t count) {
                  page.counts[std::get<1>(key)] = count;
                });
    page.items =
        refold::page(by_person, by_person.prefix(did).backwards(), cursor, limit,
                     [this](const PersonTime& /*by*/, const AtUri& uri) { return item(uri); });
    return page;
  }
  refold::Query person_query{*this,
                             "person",
                             "who somebody is, and what they did, the newest first",
                             &Feed::person,
                             {{.name = "did"},
                              {.name = "limit", .fallback = 20, .least = 1, .most = 100},
                              {.name = "cursor", .summary = "of the page before"}}};

 private:
  /// "brew", of social.arabica.alpha.brew.
  static std::string_view kind_of(const AtUri& uri) {
    const std::string_view collection = uri.collection();
    return collection.substr(collection.rfind('.') + 1);
  }
  static std::optional<EntryRow> entry_of(const refold::RecordChange& change) {
    if (change.collection() == Brew::type) {
      const auto brew = change.record<Brew>();
      if (!brew) return std::nullopt;
      return EntryRow{time_of(change, brew->created), {}, brew->bean, brew->rated(), brew->notes};
    }
    const auto thing = change.record<Named>();
    if (!thing) return std::nullopt;
    return EntryRow{time_of(change, thing->created), thing->name, {}, {}, {}};
  }
  void introduce(const refold::RecordChange& change) {
    if (change.rkey() != "self") return;
    const auto profile = change.record<Profile>();
    people.update(change.did(), [&](PersonRow& person) {
      person.name = profile ? profile->name.value_or("") : "";
    });
  }
  /// None of somebody who has left for now: the entries are back when the account is.
  std::optional<FeedItem> item(const AtUri& uri) const {
    const auto entry = entries.get(uri);
    if (!entry || !account(uri.authority()).active) return std::nullopt;
    const auto person = people.get(uri.authority());
    const auto bean = entry->bean ? entries.get(*entry->bean) : std::nullopt;
    return FeedItem{
        uri,
        person && !person->handle.empty() ? person->handle : std::string(uri.authority()),
        std::string(kind_of(uri)),
        bean ? bean->name : entry->name,
        entry->rating,
        entry->notes,
        entry->time};
  }
};

}  // namespace arabica
