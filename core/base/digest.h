#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "core/base/bytes.h"

namespace refold {

/// XXH3-64: finds accidents (bit rot, torn writes). Says nothing about intent. The seed binds the
/// bytes to their place, so that a row or frame found under another's number does not pass.
[[nodiscard]] std::uint64_t checksum(ByteView bytes, std::uint64_t seed = 0) noexcept;
/// "checksum mismatch (stored 1f.., found 9c..)".
[[nodiscard]] std::string mismatch_text(std::uint64_t stored, std::uint64_t found);

/// A SHA-256 value.
using Sha256Digest = std::array<std::uint8_t, 32>;
[[nodiscard]] Sha256Digest sha256(ByteView bytes) noexcept;

/// SHA-256 over pieces. Not copyable; one thread at a time; finish() once.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(ByteView bytes) noexcept;
  [[nodiscard]] Sha256Digest finish() noexcept;

 private:
  struct State;
  friend Sha256Digest sha256(ByteView bytes) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace refold
