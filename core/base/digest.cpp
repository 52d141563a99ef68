#include "core/base/digest.h"

#include <openssl/evp.h>
#include <xxhash.h>

#include <cstdlib>

namespace refold {
namespace {

const EVP_MD* algorithm() noexcept {
  // Fetched once: the implicit fetch of EVP_sha256() costs more than hashing a record.
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return fetched;
}

void require(bool done) noexcept {
  if (!done) std::abort();  // OpenSSL without SHA-256, or out of memory: nothing can go on
}

}  // namespace

std::uint64_t checksum(ByteView bytes, std::uint64_t seed) noexcept {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

std::string mismatch_text(std::uint64_t stored, std::uint64_t found) {
  std::uint8_t bytes[2][sizeof stored];
  store_be64(bytes[0], stored);
  store_be64(bytes[1], found);
  return "checksum mismatch (stored " + hex(bytes[0]) + ", found " + hex(bytes[1]) + ")";
}

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  require(state_->context != nullptr &&
          EVP_DigestInit_ex2(state_->context, algorithm(), nullptr) == 1);
}
Sha256::~Sha256() = default;

void Sha256::update(ByteView bytes) noexcept {
  require(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

Sha256Digest Sha256::finish() noexcept {
  Sha256Digest digest;
  require(EVP_DigestFinal_ex(state_->context, digest.data(), nullptr) == 1);
  return digest;
}

Sha256Digest sha256(ByteView bytes) noexcept {
  thread_local Sha256::State reused;
  Sha256Digest digest;
  require(reused.context != nullptr &&
          EVP_DigestInit_ex2(reused.context, algorithm(), nullptr) == 1 &&
          EVP_DigestUpdate(reused.context, bytes.data(), bytes.size()) == 1 &&
          EVP_DigestFinal_ex(reused.context, digest.data(), nullptr) == 1);
  return digest;
}

}  // namespace refold
