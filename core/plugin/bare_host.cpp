#include "core/plugin/bare_host.h"

#include <utility>

#include "core/base/bytes.h"
#include "core/plugin/boundary.h"

namespace refold::plugin {
namespace {

constexpr const char* no_rows = "rows are there in apply() and in queries only";

}  // namespace

BareHost::BareHost(LogSink log, std::vector<std::string> options)
    : log_(std::move(log)), options_(std::move(options)) {
  table_.size = sizeof table_;
  table_.abi_major = REFOLD_ABI_MAJOR;
  table_.abi_minor = REFOLD_ABI_MINOR;
  table_.context = this;
  table_.log = [](const refold_host* host, std::int32_t level, refold_bytes text) {
    BareHost& self = of(host);
    const std::lock_guard lock(self.mutex_);
    if (self.log_) self.log_(level, said_text(text));
  };
  table_.fail = [](const refold_host* host, refold_bytes text) {
    BareHost& self = of(host);
    const std::lock_guard lock(self.mutex_);
    self.said_ = said_text(text);
  };
  table_.extension = [](const refold_host* /*host*/, const char* /*id*/) -> const void* {
    return nullptr;
  };
  table_.option = [](const refold_host* host, std::uint32_t index, refold_bytes* value) {
    BareHost& self = of(host);
    if (index >= self.options_.size() || value == nullptr) {
      return self.refuse("there is no option of this number here");
    }
    const std::string& option = self.options_[index];
    *value = {option.data(), option.size()};
    return refold_result{REFOLD_OK};
  };
  fill_in_refusals();
}

void BareHost::fill_in_refusals() {
  table_.get = [](const refold_host* host, std::uint32_t, refold_bytes, refold_bytes*) {
    return of(host).refuse(no_rows);
  };
  table_.put = [](const refold_host* host, std::uint32_t, refold_bytes, refold_bytes) {
    return of(host).refuse(no_rows);
  };
  table_.remove = [](const refold_host* host, std::uint32_t, refold_bytes) {
    return of(host).refuse(no_rows);
  };
  table_.scan = [](const refold_host* host, std::uint32_t, const refold_range*, refold_visit,
                   void*) { return of(host).refuse(no_rows); };
  table_.account = [](const refold_host* host, refold_bytes, refold_account*) {
    return of(host).refuse("accounts are known in apply() and in queries only");
  };
  table_.cid = [](const refold_host* host, const refold_event*, std::uint8_t*) {
    return of(host).refuse("events have a CID in apply() only");
  };
  table_.answer = [](const refold_host* host, refold_bytes) {
    return of(host).refuse("answer() is for queries and render() only");
  };
}

std::string BareHost::said() const {
  const std::lock_guard lock(mutex_);
  return said_;
}

refold_result BareHost::refuse(std::string_view why) {
  const std::lock_guard lock(mutex_);
  said_ = why;
  return REFOLD_FAILED;
}

}  // namespace refold::plugin
