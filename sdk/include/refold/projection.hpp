#pragma once

/// Refold's SDK: all that a projection needs. One that counts likes by their subject, complete:
///
///   #include <refold/projection.hpp>
///
///   struct Like {
///     refold::StrongRef subject;
///     template <class Archive>
///     void serialize(Archive& archive) { archive(REFOLD_FIELD(subject)); }
///   };
///
///   struct Likes : refold::Projection {
///     static constexpr refold::Manifest manifest{
///         .name = "likes", .fold = 1, .collections = {"app.bsky.feed.like"}};
///     refold::Table<refold::AtUri, std::int64_t> counts{*this, "counts"};
///
///     void apply(const refold::RecordChange& change) {
///       if (auto old = change.previous<Like>()) add(old->subject.uri, -1);
///       if (auto now = change.record<Like>()) add(now->subject.uri, +1);
///     }
///     void add(const refold::AtUri& subject, std::int64_t by) {
///       counts.update(subject, [by](std::int64_t& count) { count += by; });
///     }
///   };
///
///   REFOLD_PLUGIN("1.0.0", Likes)
///
/// A projection is a pure function of the log: no clock, no file, no network, no random number, and
/// nothing remembered but in tables. refold/testing.hpp checks that.
///
///   base.hpp          Projection, Retry            change.hpp   RecordChange, AccountChange, ...
///   manifest.hpp      Manifest                     record.hpp   records as structs
///   table.hpp         Table                        types.hpp    Did, AtUri, Tid, Cid, Value, ...
///   key.hpp, row.hpp  what is in a table           json.hpp     answers
///   range.hpp         Range                        option.hpp   Option
///   index.hpp         Index                        query.hpp    Query
///   page.hpp          Page, Cursor
#include "refold/base.hpp"
#include "refold/change.hpp"
#include "refold/index.hpp"
#include "refold/manifest.hpp"
#include "refold/option.hpp"
#include "refold/page.hpp"
#include "refold/plugin.hpp"
#include "refold/query.hpp"
#include "refold/record.hpp"
#include "refold/table.hpp"
#include "refold/types.hpp"
