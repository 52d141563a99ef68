#include "core/index/keys.h"

#include <algorithm>

#include "core/atproto/syntax.h"
#include "core/base/wire.h"

namespace refold::index {
namespace {

template <std::size_t Size>
std::array<std::uint8_t, Size> first_bytes(const Sha256Digest& digest) noexcept {
  std::array<std::uint8_t, Size> bytes;
  std::copy_n(digest.begin(), Size, bytes.begin());
  return bytes;
}

void put_notice(Bytes& to, const log::Event& event, std::uint8_t form) {
  put_sized(to, bytes_of(event.did));
  to.push_back(static_cast<std::uint8_t>(event.kind));
  to.push_back(form);
}

}  // namespace

RepoKey repo_key(std::string_view did) noexcept { return first_bytes<16>(sha256(bytes_of(did))); }

RecordKey RecordKeys::make(const RepoKey& repo, std::string_view did, std::string_view collection,
                           std::string_view rkey) {
  text_.resize(did.size() + collection.size() + rkey.size() + 2);
  std::uint8_t* at = std::copy(did.begin(), did.end(), text_.data());
  *at++ = 0;
  at = std::copy(collection.begin(), collection.end(), at);
  *at++ = '/';
  std::copy(rkey.begin(), rkey.end(), at);
  const Sha256Digest digest = sha256(text_);
  RecordKey key;
  std::copy_n(repo.begin(), repo_prefix_bytes, key.begin());
  std::copy_n(digest.begin(), key.size() - repo_prefix_bytes, key.begin() + repo_prefix_bytes);
  return key;
}

RecordKey record_key(std::string_view did, std::string_view collection, std::string_view rkey) {
  return RecordKeys().make(repo_key(did), did, collection, rkey);
}

VersionKey version_key(const RecordKey& record, atproto::Tid rev, log::Kind kind,
                       const atproto::Cid* cid) noexcept {
  std::array<std::uint8_t, 9 + atproto::cid_bytes_length> identity;
  store_le(identity.data(), rev.value);
  identity[8] = static_cast<std::uint8_t>(kind);
  std::size_t size = 9;
  if (cid != nullptr) {
    const auto bytes = atproto::to_bytes(*cid);
    std::copy(bytes.begin(), bytes.end(), identity.begin() + 9);
    size = identity.size();
  }
  const Sha256Digest digest = sha256(ByteView(identity).first(size));
  VersionKey key;
  std::copy(record.begin(), record.end(), key.begin());
  std::copy_n(digest.begin(), key.size() - record.size(), key.begin() + record.size());
  return key;
}

VersionKey completed_key(const VersionKey& version, log::Seq seq) noexcept {
  std::array<std::uint8_t, sizeof(VersionKey) + sizeof seq> text;
  std::copy(version.begin(), version.end(), text.begin());
  store_le(text.data() + version.size(), seq);
  const Sha256Digest digest = sha256(text);
  VersionKey key = version;
  std::copy_n(digest.begin(), key.size() - sizeof(RecordKey), key.begin() + sizeof(RecordKey));
  return key;
}

NoticeKeys notice_keys(const log::Event& event) {
  NoticeKeys found;
  Bytes text;
  if (event.upstream_seq != 0) {
    put_notice(text, event, 1);
    put_sized(text, bytes_of(event.source));
    put_fixed(text, event.upstream_seq);
    found.keys[found.count++] = first_bytes<16>(sha256(text));
  }
  if (event.upstream_us != 0) {
    text.clear();
    put_notice(text, event, 2);
    put_fixed(text, event.rev.value);
    text.push_back(event.active ? 1 : 0);
    put_sized(text, bytes_of(event.status));
    put_sized(text, bytes_of(event.handle));
    put_fixed(text, event.upstream_us);
    found.keys[found.count++] = first_bytes<16>(sha256(text));
  }
  return found;
}

RepoKeyCache::RepoKeyCache() : slots_(slot_count) {}

const RepoKey* RepoKeyCache::find(std::string_view did) {
  const bool kept = did.size() <= kept_did_bytes_max;
  Slot& slot = kept ? slots_[checksum(bytes_of(did)) % slot_count] : passing_;
  if (kept && !did.empty() && slot.did == did) return &slot.key;
  if (!atproto::valid_did(did)) return nullptr;
  if (kept) slot.did = did;
  slot.key = repo_key(did);
  return &slot.key;
}

}  // namespace refold::index
