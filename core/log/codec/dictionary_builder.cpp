#include "core/log/codec/dictionary_builder.h"

#include <algorithm>

#include "core/atproto/base32.h"

namespace refold::log::codec {
namespace {

constexpr std::size_t kept_max = 1'000'000;                     // DIDs of payloads, references
constexpr std::size_t other_bytes_max = std::size_t{16} << 20;  // actors that are no did:plc
constexpr std::size_t collections_max = 16'384;
constexpr std::size_t shape_bytes_max = std::size_t{4} << 20;  // of shapes being counted
constexpr std::uint32_t shape_times_min = 3;  // a rarer shape costs more than it saves
constexpr std::uint64_t text_samples = 8192;  // payloads; most have little text
constexpr std::size_t sample_bytes_max = 512;
constexpr std::uint32_t ref_times_min = 2;
constexpr std::uint32_t did_times_min = 2;

std::uint64_t hash_of(const Slot& cid) noexcept { return checksum(cid.binary); }

/// Forgets what got no number: most of what was counted occurred once.
template <class Map>
void keep_numbered(Map& counted) {
  boost::unordered::erase_if(counted, [](const auto& entry) { return entry.second.index == 0; });
  counted.rehash(0);
}

/// Numbers the entries of a counted map that are wanted, most frequent first, from 1.
template <class Map, class Wanted>
std::vector<typename Map::value_type*> ranked(Map& counted, Wanted wanted) {
  std::vector<typename Map::value_type*> entries;
  for (auto& entry : counted) {
    if (wanted(entry.second)) entries.push_back(&entry);
  }
  std::sort(entries.begin(), entries.end(), [](const auto* a, const auto* b) {
    return a->second.times != b->second.times ? a->second.times > b->second.times
                                              : a->first < b->first;
  });
  std::uint32_t index = 0;
  for (auto* entry : entries) entry->second.index = ++index;
  return entries;
}

}  // namespace

std::optional<Plc> read_plc(std::string_view did) noexcept {
  Plc plc;
  if (did.size() != did_plc_length || !did.starts_with("did:plc:")) return std::nullopt;
  if (!atproto::read_plc(did.data() + 8, plc.data())) return std::nullopt;
  return plc;
}

std::size_t DictionaryBuilder::PlcHash::operator()(const Plc& plc) const noexcept {
  return checksum(plc);
}

DictionaryBuilder::DictionaryBuilder(std::uint64_t events)
    : sample_every_(1 + events / text_samples) {}

void DictionaryBuilder::count(const Event& event) {
  const auto plc = read_plc(event.did);
  if (!plc && !others_.contains(event.did)) other_bytes_ += event.did.size() + sizeof(Count);
  Count& actor = plc ? plcs_[*plc] : others_[std::string(event.did)];
  if (!collections_.contains(event.collection)) collections_.emplace(event.collection);
  actor.actor = true;
  ++actor.times;
  if (!event.record.empty()) count_payload(event.record);
  if (!event.previous_record.empty()) count_payload(event.previous_record);
}

bool DictionaryBuilder::full() const noexcept {
  return other_bytes_ > other_bytes_max || collections_.size() > collections_max;
}

void DictionaryBuilder::count_payload(ByteView payload) {
  if (!parser_.parse(payload)) return;
  const std::string_view key = text_of(parser_.key());
  if (const auto known = shapes_.find(key); known != shapes_.end()) {
    ++known->second.times;
  } else if (shape_bytes_ + key.size() <= shape_bytes_max) {
    shapes_.emplace(key, Count{1});
    shape_bytes_ += key.size() + 64;
  }
  const bool sampled = ++payloads_ % sample_every_ == 0;
  for (const Slot& slot : parser_.slots()) {
    if (slot.op == Op::text && sampled && text_prefix_.size() < text_prefix_bytes_max) {
      append(text_prefix_, slot.bytes.first(std::min(slot.bytes.size(), sample_bytes_max)));
    }
    if (slot.op == Op::did || slot.op == Op::ref_did) {
      Plc plc;
      std::copy_n(slot.binary.begin(), plc.size(), plc.begin());
      if (const auto known = plcs_.find(plc); known != plcs_.end()) {
        ++known->second.times;
      } else if (plcs_.size() < kept_max) {
        plcs_[plc].times = 1;
      }
    } else if (slot.op == Op::ref_cid) {
      const std::uint64_t hash = hash_of(slot);
      if (const auto known = refs_.find(hash); known != refs_.end()) {
        ++known->second.times;
      } else if (refs_.size() < kept_max) {
        refs_[hash].times = 1;
      }
    }
  }
}

void DictionaryBuilder::choose() {
  const auto repeated = [](const Count& count) {
    return count.actor || count.times >= did_times_min;
  };
  for (const auto* entry : ranked(plcs_, repeated)) plc_list_.push_back(entry->first);
  for (const auto* entry : ranked(others_, repeated)) other_list_.push_back(entry->first);
  for (auto& [did, count] : others_) count.index += static_cast<std::uint32_t>(plc_list_.size());
  const auto refs = ranked(refs_, [](const Count& c) { return c.times >= ref_times_min; });
  ref_list_.resize(refs.size());
  keep_numbered(plcs_);
  keep_numbered(refs_);
  for (const auto* entry :
       ranked(shapes_, [](const Count& count) { return count.times >= shape_times_min; })) {
    shape_list_.push_back(entry->first);
  }
}

std::uint32_t DictionaryBuilder::head(const Head& head) {
  const auto [at, added] = heads_.try_emplace(head, static_cast<std::uint32_t>(heads_.size()));
  if (added) head_list_.push_back(head);
  return at->second;
}

std::uint64_t DictionaryBuilder::actor(std::string_view did) const {
  if (const auto plc = read_plc(did)) return plcs_.find(*plc)->second.index;
  return others_.find(did)->second.index;
}

std::uint64_t DictionaryBuilder::did(const Plc& plc) const {
  const auto known = plcs_.find(plc);
  return known == plcs_.end() ? 0 : known->second.index;
}

std::uint64_t DictionaryBuilder::ref(const Slot& cid, const Slot& did_slot, const Slot& tid) {
  const auto known = refs_.find(hash_of(cid));
  if (known == refs_.end() || known->second.index == 0) return 0;
  Plc plc;
  std::copy_n(did_slot.binary.begin(), plc.size(), plc.begin());
  const std::uint64_t did_value = did(plc);
  if (did_value == 0) return 0;
  Described& entry = ref_list_[known->second.index - 1];
  const Ref ref{cid.binary, tid.number, static_cast<std::uint32_t>(did_value - 1)};
  if (!entry.known) entry = {ref, true};
  // The hash is not cryptographic, and a CID may be paired with another URI: compare.
  return entry.ref == ref ? known->second.index : 0;
}

std::uint64_t DictionaryBuilder::shape(ByteView key) const {
  const auto known = shapes_.find(text_of(key));
  return known == shapes_.end() ? 0 : known->second.index;
}

std::size_t DictionaryBuilder::did_count() const noexcept {
  return plc_list_.size() + other_list_.size();
}

void DictionaryBuilder::write(Bytes& to) const {
  put_sized(to, text_prefix_);
  put_varint(to, head_list_.size());
  for (const Head& head : head_list_) {
    to.push_back(static_cast<std::uint8_t>(head.kind));
    to.push_back(static_cast<std::uint8_t>(head.missing));
    to.push_back(static_cast<std::uint8_t>(head.previous_state));
    to.push_back(head.active ? 1 : 0);
    put_fixed(to, head.flags);
    put_fixed(to, head.parts);
    put_sized(to, bytes_of(head.source));
  }
  put_varint(to, plc_list_.size());
  put_varint(to, ref_list_.size());
  put_varint(to, other_list_.size());
  for (const std::string& did : other_list_) put_sized(to, bytes_of(did));

  put_varint(to, shape_list_.size());
  for (const std::string& key : shape_list_) put_sized(to, bytes_of(key));
}

void DictionaryBuilder::write_tables(Bytes& to) {
  plcs_ = {};
  refs_ = {};
  to.reserve(to.size() + plc_list_.size() * std::tuple_size_v<Plc> + ref_list_.size() * ref_bytes);
  for (const Plc& plc : plc_list_) append(to, plc);
  for (const Described& entry : ref_list_) {
    append(to, entry.ref.digest);
    put_fixed(to, entry.ref.tid);
    put_fixed(to, entry.ref.did);
  }
}

}  // namespace refold::log::codec
