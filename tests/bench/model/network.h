#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/atproto/tid.h"
#include "tests/bench/model/random.h"

namespace refold::bench {

/// Numbers of accounts. Those with the top bit set never act: they own what lies before the window.
using ActorId = std::uint32_t;
inline constexpr ActorId outside = ActorId{1} << 31;

/// A host's process, or an app: makes TIDs.
struct Clock {
  std::uint16_t clock_id = 0;
  /// As the reference implementation does it: milliseconds, and a counter of collisions in the
  /// place of the microseconds. Else real microseconds.
  bool counts_collisions = true;
  std::uint16_t collisions = 0;
  std::uint64_t last_ms = 0;

  [[nodiscard]] atproto::Tid tid(std::uint64_t micros);
};

/// The rev of a commit and the key of a record that it creates.
struct CommitTids {
  atproto::Tid rev{};
  atproto::Tid rkey{};
  std::int64_t created_us = 0;  ///< the author's clock: `createdAt`
};

/// The accounts and the hosts they live on. What an account is (DID, host, language, app) follows
/// from its number and the seed; only the time of its last commit is remembered.
class Network {
 public:
  static constexpr std::size_t hosts = 100;
  static constexpr std::size_t reference_hosts = 90;
  static constexpr std::uint64_t first_actors = 2'000;
  static constexpr std::uint64_t events_per_actor = 10;

  Network(std::uint64_t seed, Random& random, std::uint64_t events);

  /// One more event has happened: the population grows.
  void advance() noexcept;
  [[nodiscard]] std::uint64_t population() const noexcept { return last_commit_us_.size(); }

  /// Somebody who does something; some do much more than others.
  [[nodiscard]] ActorId active_actor();
  /// Somebody to whom something is done; a few are popular.
  [[nodiscard]] ActorId popular_actor();
  [[nodiscard]] ActorId outside_actor();

  void append_did(ActorId actor, std::string& to) const;
  void append_handle(ActorId actor, std::string& to) const;
  /// From 0 up to 1; a property of the account, independent for each `trait`.
  [[nodiscard]] double trait(ActorId actor, std::uint64_t trait) const noexcept;

  /// A commit that the network shows at `now_us`. Revs of one account grow, and every key lies
  /// between two of them, so none comes twice. `app_key`: the author's app made the key.
  [[nodiscard]] CommitTids commit(ActorId actor, std::int64_t now_us, bool app_key);
  /// The key of something that happened `age_us` before `now_us`.
  [[nodiscard]] atproto::Tid past_tid(ActorId actor, std::int64_t now_us, std::int64_t age_us);

 private:
  [[nodiscard]] Clock& host_of(ActorId actor) noexcept;
  [[nodiscard]] std::uint64_t hash(ActorId actor, std::uint64_t salt) const noexcept;

  std::uint64_t seed_;
  Random& random_;
  std::uint64_t advanced_ = 0;
  std::array<Clock, hosts> hosts_;
  std::vector<std::uint64_t> last_commit_us_;
};

}  // namespace refold::bench
