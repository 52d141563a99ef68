#include "tests/bench/model/network.h"

#include <algorithm>

#include "core/atproto/base32.h"

namespace refold::bench {
namespace {

enum Salt : std::uint64_t { did_salt = 1, method_salt, host_salt, app_salt, trait_salt };

constexpr double did_web_share = 0.02;
constexpr double reference_share = 0.92;  // of the accounts, on hosts that run the reference PDS

/// The reference implementation uses five of the ten bits.
std::uint16_t clock_id(std::uint64_t hash, bool reference) {
  return static_cast<std::uint16_t>(hash % (reference ? 32 : 1024));
}

}  // namespace

atproto::Tid Clock::tid(std::uint64_t micros) {
  if (!counts_collisions) return atproto::make_tid(micros, clock_id);
  const std::uint64_t ms = micros / 1000;
  if (ms == last_ms) collisions = static_cast<std::uint16_t>((collisions + 1) % 1000);
  last_ms = ms;
  return atproto::make_tid(ms * 1000 + collisions, clock_id);
}

Network::Network(std::uint64_t seed, Random& random, std::uint64_t events)
    : seed_(mixed(seed)), random_(random), last_commit_us_(first_actors) {
  last_commit_us_.reserve(first_actors + events / events_per_actor + 1);
  for (std::size_t host = 0; host < hosts; ++host) {
    Clock& clock = hosts_[host];
    clock.counts_collisions = host < reference_hosts;
    clock.clock_id = clock_id(random_.bits(), clock.counts_collisions);
    clock.collisions = static_cast<std::uint16_t>(random_.below(1000));
  }
}

void Network::advance() noexcept {
  if (++advanced_ % events_per_actor == 0) last_commit_us_.push_back(0);
}

ActorId Network::active_actor() { return static_cast<ActorId>(random_.skewed(population(), 2.0)); }
ActorId Network::popular_actor() { return static_cast<ActorId>(random_.skewed(population(), 2.5)); }
ActorId Network::outside_actor() { return static_cast<ActorId>(random_.bits()) | outside; }

std::uint64_t Network::hash(ActorId actor, std::uint64_t salt) const noexcept {
  return mixed(seed_ ^ mixed(salt << 32 | actor));
}

double Network::trait(ActorId actor, std::uint64_t trait) const noexcept {
  return static_cast<double>(hash(actor, trait_salt + trait) >> 11) * 0x1p-53;
}

void Network::append_did(ActorId actor, std::string& to) const {
  if (static_cast<double>(hash(actor, method_salt) >> 11) * 0x1p-53 < did_web_share) {
    to += "did:web:";
    append_handle(actor, to);
    return;
  }
  std::uint8_t id[16];
  store_le(id, hash(actor, did_salt));
  store_le(id + 8, mixed(hash(actor, did_salt)));
  to += "did:plc:";
  const std::size_t at = to.size();
  to.resize(at + atproto::plc_text_length);
  atproto::write_plc(id, to.data() + at);
}

void Network::append_handle(ActorId actor, std::string& to) const {
  static constexpr std::string_view consonants = "bcdfghjklmnprstvwz";
  static constexpr std::string_view vowels = "aeiou";
  std::uint64_t left = hash(actor, did_salt) >> 3;
  for (std::uint64_t syllables = 3 + left % 3; syllables > 0; --syllables) {
    to += consonants[left % consonants.size()];
    to += vowels[(left >> 8) % vowels.size()];
    left = left * 0x9e3779b97f4a7c15U >> 5;
  }
  to += std::to_string(actor);
  to += hash(actor, host_salt) % 8 == 0 ? ".example.com" : ".bsky.social";
}

Clock& Network::host_of(ActorId actor) noexcept {
  const std::uint64_t hashed = hash(actor, host_salt);
  const bool reference = static_cast<double>(hashed >> 11) * 0x1p-53 < reference_share;
  return hosts_[reference ? mixed(hashed) % reference_hosts
                          : reference_hosts + mixed(hashed) % (hosts - reference_hosts)];
}

CommitTids Network::commit(ActorId actor, std::int64_t now_us, bool app_key) {
  const auto micros = [](double ms) { return static_cast<std::uint64_t>(ms * 1000); };
  std::uint64_t& last = last_commit_us_[actor];
  // Two milliseconds apart at least, because a host's clock may count in those.
  const std::uint64_t rkey_min = last - last % 1000 + 1000;
  const std::uint64_t rev_min = rkey_min + 1000;
  // From the host's commit through a relay to us, then back through the host's work on it.
  const double delay_ms = random_.log_normal(170.0, 0.7) + (random_.chance(0.01) ? 4'000.0 : 0.0);
  const std::uint64_t rev =
      std::max(static_cast<std::uint64_t>(now_us) - micros(delay_ms), rev_min);
  const double work_ms = 3.0 + random_.log_normal(app_key ? 160.0 : 18.0, 0.6);
  const std::uint64_t rkey = std::clamp(rev - micros(work_ms), rkey_min, rev - 1000);

  Clock& host = host_of(actor);
  CommitTids tids;
  tids.created_us = static_cast<std::int64_t>(rkey);
  if (app_key) {
    Clock app{clock_id(hash(actor, app_salt), host.counts_collisions), host.counts_collisions};
    tids.rkey = app.tid(rkey);
  } else {
    tids.rkey = host.tid(rkey);
    tids.created_us -= static_cast<std::int64_t>(micros(random_.log_normal(90.0, 0.8)));
  }
  // One in twenty devices does not know what time it is.
  const double skew = trait(actor, 0);
  if (skew < 0.05) tids.created_us += static_cast<std::int64_t>((skew - 0.025) * 4e9);
  tids.rev = host.tid(rev);
  last = rev;
  return tids;
}

atproto::Tid Network::past_tid(ActorId actor, std::int64_t now_us, std::int64_t age_us) {
  Clock clock = host_of(actor);
  return clock.tid(static_cast<std::uint64_t>(now_us - age_us));
}

}  // namespace refold::bench
