#pragma once

#include <chrono>
#include <filesystem>
#include <span>
#include <string>

#include "core/base/bytes.h"

namespace refold::net {

/// Whom a client may talk to, and how sure it must be whom it talks to.
struct PeerOptions {
  /// Loopback, private, link-local and other addresses that are not of the public internet. Names
  /// are checked by what they resolve to, and the address that was checked is the one connected to.
  bool private_addresses = false;
  /// Certificates that are trusted instead of the system's (PEM). Empty: the system's.
  std::filesystem::path ca_file{};
  std::chrono::milliseconds connect_time{15'000};  ///< look-up, connection and TLS together
};

/// Whether an address of 4 or 16 bytes belongs to the public internet.
[[nodiscard]] bool is_public(ByteView address) noexcept;

}  // namespace refold::net
