#include "core/projection/accounts.h"

namespace refold::projection {

void encode_account(const log::Event& event, Bytes& row) {
  row.clear();
  row.push_back(event.active ? 1 : 0);
  append(row, bytes_of(event.status));
}

bool decode(ByteView row, Account& account) noexcept {
  if (row.empty() || row[0] > 1) return false;
  account.active = row[0] == 1;
  account.status = text_of(row.subspan(1));
  return true;
}

}  // namespace refold::projection
