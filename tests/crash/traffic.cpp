#include "tests/crash/traffic.h"

#include <algorithm>
#include <iterator>
#include <random>

#include "core/index/marks.h"
#include "tests/support/events.h"

namespace refold::crash {
namespace {

using index::Draft;
using index::DraftBatch;
using log::Kind;

constexpr std::uint64_t start_us = 1'750'000'000'000'000;
constexpr std::uint64_t batch_us = 10'000;
constexpr std::uint64_t sent_again_within = 20;
constexpr std::string_view bad_rkey = "no such/key";

std::mt19937_64 random_of(std::uint64_t seed, std::uint64_t number, std::uint64_t purpose) {
  std::seed_seq mixed{seed, number, purpose};
  return std::mt19937_64(mixed);
}

Draft copy_of(const Draft& draft, Arena& arena) {
  Draft copy = draft;
  copy.did = arena.copy(draft.did);
  copy.collection = arena.copy(draft.collection);
  copy.rkey = arena.copy(draft.rkey);
  copy.record = arena.copy(draft.record);
  copy.status = arena.copy(draft.status);
  copy.handle = arena.copy(draft.handle);
  return copy;
}

std::string did_of(std::uint64_t which) {
  return testing::did_of("user" + std::string(1, static_cast<char>('a' + which)));
}

class Author {
 public:
  /// `whole`: with the payloads that were not sent the first time.
  Author(std::uint64_t seed, std::uint64_t number, bool whole)
      : number_(number), whole_(whole), random_(random_of(seed, number, 0)) {}

  Draft draft(Arena& arena, std::size_t place) {
    Draft draft;
    draft.flags = log::flag::live;
    draft.did = arena.copy(std::string_view(did_of(below(24))));
    const std::uint64_t choice = below(100);
    if (choice < 3) return account(draft, arena, place);
    if (choice < 5) return identity(draft, arena, place);
    record(draft, arena, place);
    if (choice < 25) {
      remove(draft);
    } else if (choice < 45) {
      draft.kind = Kind::update;
    }
    if (choice == 99) draft.rkey = bad_rkey;
    if (choice >= 95 && choice < 99 && !whole_) {
      draft.record = {};
      draft.missing = log::Missing::not_sent;
    }
    return draft;
  }

 private:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  void record(Draft& draft, Arena& arena, std::size_t place) {
    static constexpr std::string_view collections[] = {testing::like, testing::like, testing::post,
                                                       testing::follow, "org.example.rare"};
    draft.collection = collections[below(std::size(collections))];
    draft.rkey = arena.copy(std::string_view("k" + std::to_string(below(40))));
    const bool late = below(10) == 0;
    const std::uint64_t back = late ? std::min(number_, 1 + below(40)) : 0;
    draft.rev =
        atproto::make_tid(start_us + (number_ - back) * batch_us + place * 10 + (late ? 5 : 0),
                          static_cast<unsigned>(number_ % 1024));
    const std::string text = "batch " + std::to_string(number_) + " place " +
                             std::to_string(place) + " " + std::to_string(random_()) +
                             std::string(below(90), '.');
    draft.record = arena.copy(ByteView(testing::record_of(draft.collection, text)));
    draft.cid = atproto::cid_of(draft.record);
  }

  static void remove(Draft& draft) {
    draft.kind = Kind::remove;
    draft.record = {};
    draft.cid.reset();
  }

  void notice(Draft& draft, std::size_t place) const {
    draft.upstream_seq = number_ * 1000 + place + 1;
    draft.upstream_us = static_cast<std::int64_t>(start_us + number_ * batch_us + place);
  }

  Draft account(Draft draft, Arena& /*arena*/, std::size_t place) {
    draft.kind = Kind::account;
    notice(draft, place);
    draft.active = below(3) == 0;
    if (!draft.active) draft.status = below(2) == 0 ? "deleted" : "deactivated";
    return draft;
  }

  Draft identity(Draft draft, Arena& arena, std::size_t place) {
    draft.kind = Kind::identity;
    notice(draft, place);
    draft.handle = arena.copy(
        std::string_view("handle-" + std::to_string(number_ * 1000 + place) + ".example"));
    return draft;
  }

  std::uint64_t number_;
  bool whole_;
  std::mt19937_64 random_;
};

}  // namespace

std::string source_of(std::uint64_t number) { return number % 2 == 0 ? "even" : "odd"; }

DraftBatch Traffic::fresh(std::uint64_t number, bool whole) const {
  DraftBatch batch;
  batch.source = source_of(number);
  Author author(seed_, number, whole);
  for (std::size_t place = 0; place < drafts_; ++place) {
    batch.drafts.push_back(author.draft(batch.arena, place));
  }
  return batch;
}

DraftBatch Traffic::batch(std::uint64_t number) const {
  DraftBatch batch = fresh(number);
  auto random = random_of(seed_, number, 1);
  if (number > 1 && random() % 4 == 0) {
    const std::uint64_t back = 1 + random() % std::min(number - 1, sent_again_within);
    const DraftBatch earlier = fresh(number - back, random() % 2 == 0);
    for (const Draft& old : earlier.drafts) {
      if (random() % 4 == 0) batch.drafts.push_back(copy_of(old, batch.arena));
    }
  }
  batch.extras.cursors.push_back({batch.source, std::to_string(number)});
  if (number % 4 == 0) {
    const atproto::Tid rev = atproto::make_tid(start_us + number * batch_us + 9'999, 1);
    const std::string did = testing::did_of("mark" + std::string(1 + number % 3, 'm'));
    batch.extras.marks.push_back(index::repo_mark(did, rev));
  }
  return batch;
}

DraftBatch Traffic::probe(std::uint64_t number) const {
  DraftBatch batch;
  batch.source = "probe";
  Draft draft;
  draft.did = batch.arena.copy(std::string_view(testing::did_of("probe")));
  draft.collection = testing::post;
  draft.rkey = batch.arena.copy(std::string_view("p" + std::to_string(number)));
  draft.rev = atproto::make_tid(start_us + number * batch_us, 3);
  const std::string text = "probe " + std::to_string(number);
  draft.record = batch.arena.copy(ByteView(testing::record_of(testing::post, text)));
  draft.cid = atproto::cid_of(draft.record);
  batch.drafts.push_back(draft);
  return batch;
}

std::uint64_t Traffic::digest(std::uint64_t number) const {
  std::uint64_t sum = number;
  for (const Draft& draft : batch(number).drafts) {
    sum = checksum(bytes_of(identity_of(draft)), sum);
    sum = checksum(draft.record, sum);
  }
  return sum;
}

namespace {

template <class Fields>
std::string identity(const Fields& of, const std::string& cid) {
  std::string text(log::name(of.kind));
  text.append(" ").append(of.did);
  if (!log::is_record(of.kind)) return text + " " + std::to_string(of.upstream_seq);
  text.append("/").append(of.collection).append("/").append(of.rkey);
  return text + " " + atproto::to_text(of.rev) + " " + cid;
}

}  // namespace

std::string identity_of(const Draft& draft) {
  return identity(draft, draft.cid ? hex(draft.cid->digest) : "");
}

std::string identity_of(const log::Event& event) {
  return identity(event, log::has_cid(event) ? hex(log::cid_of(event).digest) : "");
}

bool refused(const Draft& draft) { return draft.rkey == bad_rkey; }

}  // namespace refold::crash
