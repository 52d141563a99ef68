#pragma once

#include <string_view>

#include "core/base/bytes.h"
#include "core/log/event.h"

namespace refold::projection {

/// A row of the accounts table: what an account was, by its DID.
struct Account {
  bool active = true;
  std::string_view status;
};

/// Empties `row` and writes what this account event says into it.
void encode_account(const log::Event& event, Bytes& row);
/// False if these bytes are no such row. The status points into them.
[[nodiscard]] bool decode(ByteView row, Account& account) noexcept;

}  // namespace refold::projection
