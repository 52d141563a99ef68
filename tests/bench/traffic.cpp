#include "tests/bench/traffic.h"

#include <cmath>
#include <string>

#include "tests/bench/model/live_records.h"
#include "tests/bench/model/mix.h"
#include "tests/bench/model/network.h"
#include "tests/bench/model/posts.h"
#include "tests/bench/model/random.h"
#include "tests/bench/model/records.h"
#include "tests/bench/model/text.h"

namespace refold::bench {
namespace {

constexpr std::uint64_t rare_every = 1'000;
constexpr std::uint64_t rarest_every = 10'000;
constexpr std::uint64_t first_upstream_seq = 20'000'000'000;
constexpr double answers_share = 0.45;
constexpr double quotes_share = 0.06;
/// Posts get their key from the app, the rest from the host.
constexpr double app_key_share_posts = 0.70;
constexpr double app_key_share = 0.05;

/// Comes up once in each stretch of `every` events, at a random place.
class Scattered {
 public:
  explicit Scattered(std::uint64_t every) : every_(every) {}

  /// Whether it is its turn. One that is not taken stays due.
  [[nodiscard]] bool due(std::uint64_t number, Random& random) {
    // The last places stay free for those that have to wait for another.
    if (number % every_ == 0) place_ = number + random.below(every_ - 2);
    due_ = due_ || number == place_;
    return due_;
  }
  void taken() noexcept { due_ = false; }

 private:
  std::uint64_t every_;
  std::uint64_t place_ = 0;
  bool due_ = false;
};

/// A gate that waits for the next event: it is in the commit of the post just made.
struct FollowUp {
  std::string_view collection;  ///< empty: none waits
  ActorId actor = 0;
  CommitTids tids;
};

}  // namespace

struct Traffic::State {
  State(std::uint64_t seed, std::uint64_t events_in_all)
      : events(events_in_all),
        random(seed),
        network(seed, random, events_in_all),
        writing(random),
        posts(network, random, events_in_all),
        live(events_in_all),
        records(network, writing, random) {}

  void make(Operation& out);
  void act(Act what, Operation& out);
  void like_or_repost(std::uint32_t deletable);
  void follow();
  void post();
  void post_edit(Operation& out);
  void gate();
  void remove(Operation& out);
  void profile(Operation& out);
  void foreign(const Lexicon& lexicon);
  void identity_or_account(Act what, Operation& out);

  void commit(ActorId by, bool app_key) {
    actor = by;
    tids = network.commit(by, now_us, app_key);
    rkey_tid = tids.rkey;
  }

  std::uint64_t events;
  std::uint64_t made = 0;
  std::int64_t now_us = start_us;
  std::uint64_t upstream_seq = first_upstream_seq;
  Random random;
  Network network;
  Writing writing;
  Posts posts;
  LiveRecords live;
  Records records;
  Scattered rare{rare_every};
  Scattered rarest{rarest_every};
  FollowUp follow_up;

  // The event being made.
  ActorId actor = 0;
  CommitTids tids;
  atproto::Tid rkey_tid{};
  std::string_view collection;
  std::string_view rkey;
  Bytes record;
  std::string did;
  std::string handle;
  char rkey_text[atproto::tid_text_length] = {};
};

void Traffic::State::like_or_repost(std::uint32_t deletable) {
  commit(network.active_actor(), random.chance(app_key_share));
  collection = deletables[deletable].collection;
  records.about_post(record, collection, actor, posts.subject(now_us), tids.created_us);
  live.created({actor, deletable, tids.rkey});
}

void Traffic::State::follow() {
  commit(network.active_actor(), random.chance(app_key_share));
  collection = "app.bsky.graph.follow";
  const ActorId subject = random.chance(0.7) ? network.popular_actor() : network.outside_actor();
  records.about_actor(record, collection, actor, subject, tids.created_us);
  live.created({actor, 1, tids.rkey});
}

void Traffic::State::post() {
  commit(network.active_actor(), random.chance(app_key_share_posts));
  collection = "app.bsky.feed.post";
  const bool answers = random.chance(answers_share);
  const bool quotes = random.chance(quotes_share);
  Post answered;
  PostRef quoted;
  if (answers) answered = posts.answered(now_us);
  if (quotes) quoted = posts.answered(now_us).self;
  records.post(record, actor, answers ? &answered : nullptr, quotes ? &quoted : nullptr,
               tids.created_us);
  Post made_now;
  made_now.self = {actor, tids.rkey, atproto::cid_of(record)};
  made_now.root = answers ? answered.root : made_now.self;
  posts.created(made_now);
  live.created({actor, 2, tids.rkey});
}

void Traffic::State::post_edit(Operation& out) {
  if (posts.empty()) return post();
  const PostRef edited = posts.recent().self;
  commit(edited.author, false);
  out.kind = log::Kind::update;
  collection = "app.bsky.feed.post";
  rkey_tid = edited.rkey;
  records.post(record, actor, nullptr, nullptr, static_cast<std::int64_t>(edited.rkey.micros()));
}

void Traffic::State::gate() {
  actor = follow_up.actor;
  tids = follow_up.tids;
  rkey_tid = tids.rkey;
  collection = follow_up.collection;
  follow_up = {};
  records.gate(record, collection, actor, tids.rkey, tids.created_us);
}

void Traffic::State::remove(Operation& out) {
  out.kind = log::Kind::remove;
  record.clear();
  if (!random.chance(deletes_of_older_share)) {
    if (const auto gone = live.take(random)) {
      commit(gone->author, false);
      collection = deletables[gone->collection].collection;
      rkey_tid = gone->rkey;
      return;
    }
  }
  commit(network.active_actor(), false);
  double choice = random.unit();
  std::size_t deletable = 0;
  while (deletable + 1 < deletables.size() && (choice -= deletables[deletable].share) >= 0) {
    ++deletable;
  }
  collection = deletables[deletable].collection;
  const double hours = std::exp(random.unit() * std::log(24.0 * 365));
  rkey_tid = network.past_tid(actor, now_us, static_cast<std::int64_t>(hours * 3.6e9));
}

void Traffic::State::profile(Operation& out) {
  // Most people have one already; it is edited, and its key is "self".
  out.kind = random.chance(0.85) ? log::Kind::update : log::Kind::create;
  commit(network.active_actor(), false);
  collection = "app.bsky.actor.profile";
  rkey = "self";
  records.profile(record, actor, tids.created_us);
}

void Traffic::State::foreign(const Lexicon& lexicon) {
  commit(network.active_actor(), random.chance(app_key_share_posts));
  collection = lexicon.collection;
  records.foreign(record, lexicon, actor, tids.created_us);
}

void Traffic::State::identity_or_account(Act what, Operation& out) {
  actor = network.active_actor();
  tids = {};
  record.clear();
  out.kind = what == Act::identity ? log::Kind::identity : log::Kind::account;
  out.upstream_seq = upstream_seq;
  out.upstream_us = now_us - static_cast<std::int64_t>(random.log_normal(120e3, 0.6));
  if (what == Act::identity) {
    handle.clear();
    network.append_handle(actor, handle);
    if (random.chance(0.8)) out.handle = handle;
    return;
  }
  // None is deleted: then a log adds tombstones of its own, and its peers do not.
  static constexpr std::string_view statuses[] = {"deactivated", "takendown", "suspended"};
  out.active = random.chance(0.5);
  if (!out.active) out.status = statuses[random.zipf(3)];
}

void Traffic::State::act(Act what, Operation& out) {
  switch (what) {
    case Act::like: return like_or_repost(0);
    case Act::repost: return like_or_repost(3);
    case Act::follow: return follow();
    case Act::post: return post();
    case Act::post_edit: return post_edit(out);
    case Act::thread_gate:
    case Act::post_gate:
      post();
      follow_up = {what == Act::thread_gate ? "app.bsky.feed.threadgate" : "app.bsky.feed.postgate",
                   actor, tids};
      return;
    case Act::remove: return remove(out);
    case Act::block:
      commit(network.active_actor(), false);
      collection = "app.bsky.graph.block";
      return records.about_actor(record, collection, actor, network.popular_actor(),
                                 tids.created_us);
    case Act::list_item: {
      commit(network.active_actor(), false);
      collection = "app.bsky.graph.listitem";
      const auto list = network.past_tid(actor, start_us, 86'400'000'000);
      return records.list_item(record, actor, list, network.popular_actor(), tids.created_us);
    }
    case Act::profile: return profile(out);
    case Act::foreign: return foreign(foreign_lexicons[random.zipf(foreign_lexicons.size())]);
    case Act::identity:
    case Act::account: return identity_or_account(what, out);
  }
}

void Traffic::State::make(Operation& out) {
  now_us += 1 + static_cast<std::int64_t>((mean_gap_us - 1.0) * random.exponential());
  rkey = {};
  ++upstream_seq;
  const bool is_rare = rare.due(made, random);
  const bool is_rarest = rarest.due(made, random);
  if (!follow_up.collection.empty()) {
    gate();
  } else if (is_rare) {
    rare.taken();
    foreign({rare_collection, Shape::play});
  } else if (is_rarest) {
    rarest.taken();
    foreign({rarest_collection, Shape::play});
  } else {
    double choice = random.unit();
    std::size_t entry = 0;
    while (entry + 1 < mix.size() && (choice -= mix[entry].share) >= 0) ++entry;
    act(mix[entry].act, out);
  }
  network.advance();
  ++made;

  did.clear();
  network.append_did(actor, did);
  out.time_us = now_us;
  out.did = did;
  if (!log::is_record(out.kind)) return;
  out.rev = tids.rev;
  out.collection = collection;
  if (rkey.empty()) {
    atproto::write_text(rkey_tid, rkey_text);
    rkey = {rkey_text, sizeof rkey_text};
  }
  out.rkey = rkey;
  out.record = record;
  if (out.kind != log::Kind::remove) out.cid = atproto::cid_of(record);
}

Traffic::Traffic(std::uint64_t seed, std::uint64_t events)
    : state_(std::make_unique<State>(seed, events)) {}
Traffic::~Traffic() = default;
Traffic::Traffic(Traffic&&) noexcept = default;
Traffic& Traffic::operator=(Traffic&&) noexcept = default;

bool Traffic::next(Operation& out) {
  if (state_->made == state_->events) return false;
  out = Operation{};
  state_->make(out);
  return true;
}

}  // namespace refold::bench
