#pragma once

#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "refold/bytes.hpp"
#include "refold/cid.hpp"

namespace refold::testing {

/// The rows of a table, by their keys.
using Rows = std::map<std::string, std::string>;
/// By the index of the table.
using Tables = std::vector<Rows>;

/// What a plugin calls back, over tables in memory. It is as strict as the engine: what abi.h does
/// not allow fails, with a sentence; and rows that were handed out are overwritten as soon as they
/// may be, so that whoever keeps one notices.
class MemoryHost {
 public:
  MemoryHost(std::size_t tables, std::vector<std::string> options)
      : tables_(tables), options_(std::move(options)) {
    abi_.size = sizeof abi_;
    abi_.abi_major = REFOLD_ABI_MAJOR;
    abi_.abi_minor = REFOLD_ABI_MINOR;
    abi_.context = this;
    abi_.get = &get;
    abi_.put = &put;
    abi_.remove = &remove;
    abi_.scan = &scan;
    abi_.option = &option;
    abi_.account = &account;
    abi_.cid = &cid;
    abi_.answer = &answer;
    abi_.log = &log;
    abi_.fail = &fail;
    abi_.extension = [](const refold_host*, const char*) -> const void* { return nullptr; };
  }
  MemoryHost(const MemoryHost&) = delete;
  MemoryHost& operator=(const MemoryHost&) = delete;

  /// Which call into the plugin the host stands for: it allows accordingly.
  enum class Call : std::uint8_t { none, apply, query };
  void begin(Call call) {
    call_ = call;
    failure_.clear();
    answer_.clear();
    lent_.clear();
  }
  void end() {
    spoil();
    call_ = Call::none;
  }

  [[nodiscard]] const refold_host* abi() const noexcept { return &abi_; }
  [[nodiscard]] Tables& tables() noexcept { return tables_; }
  /// What the plugin said since begin().
  [[nodiscard]] const std::string& failure() const noexcept { return failure_; }
  [[nodiscard]] const std::string& answer() const noexcept { return answer_; }
  /// Lines of the engine's log, from the beginning.
  [[nodiscard]] const std::vector<std::string>& lines() const noexcept { return lines_; }

  struct Account {
    bool active = true;
    std::string status;
  };
  [[nodiscard]] std::map<std::string, Account>& accounts() noexcept { return accounts_; }
  /// Whether account() answers.
  void allow_accounts(bool allowed) noexcept { accounts_allowed_ = allowed; }
  /// What the next call of get() or put() of the plugin comes to: for tests of failures.
  void fail_next(refold_result result) noexcept { next_ = result; }

 private:
  static MemoryHost& self(const refold_host* host) {
    return *static_cast<MemoryHost*>(host->context);
  }
  refold_result refuse(std::string why) {
    failure_ = std::move(why);
    return REFOLD_FAILED;
  }
  bool rows_of(std::uint32_t table, refold_bytes key, refold_result& result) {
    result = std::exchange(next_, REFOLD_OK);
    if (result != REFOLD_OK) {
      failure_ = "the host failed";
    } else if (call_ == Call::none) {
      result = refuse("a table was used outside of apply() and queries");
    } else if (table >= tables_.size()) {
      result = refuse("there is no table " + std::to_string(table));
    } else if (key.size == 0 || key.size > REFOLD_KEY_MAX) {
      result = refuse("a key of " + std::to_string(key.size) + " bytes");
    }
    return result == REFOLD_OK;
  }
  bool may_write(std::uint32_t table, refold_bytes key, refold_result& result) {
    if (!rows_of(table, key, result)) return false;
    if (call_ == Call::query) result = refuse("a query wrote to a table");
    if (scans_ > 0) result = refuse("a table was changed during a scan");
    return result == REFOLD_OK;
  }
  refold_bytes lend(const std::string& bytes) {
    return detail::abi_of(std::string_view(lent_.emplace_back(bytes)));
  }
  /// What was handed out is not to be used any more.
  void spoil() {
    for (std::string& bytes : lent_) bytes.assign(bytes.size(), '\xdd');
    while (lent_.size() > 64) lent_.pop_front();
  }

  static refold_result get(const refold_host* host, std::uint32_t table, refold_bytes key,
                           refold_bytes* row) {
    refold_result result = REFOLD_OK;
    MemoryHost& host_self = self(host);
    if (!host_self.rows_of(table, key, result)) return result;
    const Rows& rows = host_self.tables_[table];
    const auto found = rows.find(std::string(detail::text_of(key)));
    if (found == rows.end()) return REFOLD_NONE;
    *row = host_self.lend(found->second);
    return REFOLD_OK;
  }
  static refold_result put(const refold_host* host, std::uint32_t table, refold_bytes key,
                           refold_bytes row) {
    refold_result result = REFOLD_OK;
    MemoryHost& host_self = self(host);
    if (!host_self.may_write(table, key, result)) return result;
    if (row.size > REFOLD_ROW_MAX) {
      return host_self.refuse("a row of " + std::to_string(row.size) + " bytes");
    }
    host_self.tables_[table][std::string(detail::text_of(key))] = detail::text_of(row);
    host_self.spoil();
    return REFOLD_OK;
  }
  static refold_result remove(const refold_host* host, std::uint32_t table, refold_bytes key) {
    refold_result result = REFOLD_OK;
    MemoryHost& host_self = self(host);
    if (!host_self.may_write(table, key, result)) return result;
    host_self.tables_[table].erase(std::string(detail::text_of(key)));
    host_self.spoil();
    return REFOLD_OK;
  }
  static refold_result scan(const refold_host* host, std::uint32_t table, const refold_range* range,
                            refold_visit visit, void* context) {
    refold_result result = REFOLD_OK;
    MemoryHost& host_self = self(host);
    if (!host_self.rows_of(table, {"-", 1}, result)) return result;
    if (host_self.scans_ > 0) return host_self.refuse("a scan was begun during a scan");
    const Rows& rows = host_self.tables_[table];
    const std::string from(detail::text_of(range->from));
    const std::string until(detail::text_of(range->until));
    if (!until.empty() && from >= until) return REFOLD_OK;
    auto first = rows.lower_bound(from);
    auto last = until.empty() ? rows.end() : rows.lower_bound(until);
    ++host_self.scans_;
    while (first != last && result == REFOLD_OK) {
      const auto& [key, row] = range->backwards != 0 ? *--last : *first++;
      result = visit(context, host_self.lend(key), host_self.lend(row));
    }
    --host_self.scans_;
    return result == REFOLD_NONE ? REFOLD_OK : result;
  }
  static refold_result option(const refold_host* host, std::uint32_t index, refold_bytes* value) {
    MemoryHost& host_self = self(host);
    if (index >= host_self.options_.size()) {
      return host_self.refuse("there is no option " + std::to_string(index));
    }
    *value = detail::abi_of(std::string_view(host_self.options_[index]));
    return REFOLD_OK;
  }
  static refold_result account(const refold_host* host, refold_bytes did, refold_account* account) {
    MemoryHost& host_self = self(host);
    if (!host_self.accounts_allowed_) {
      return host_self.refuse("account() needs REFOLD_ACCOUNT_STATUS");
    }
    const auto found = host_self.accounts_.find(std::string(detail::text_of(did)));
    const bool known = found != host_self.accounts_.end();
    account->known = known ? 1 : 0;
    account->active = !known || found->second.active ? 1 : 0;
    account->status = known ? host_self.lend(found->second.status) : refold_bytes{};
    return REFOLD_OK;
  }
  static refold_result cid(const refold_host* host, const refold_event* event,
                           std::uint8_t cid[36]) {
    if (self(host).call_ != Call::apply) return self(host).refuse("cid() outside of apply()");
    if (event->record.size == 0) return REFOLD_NONE;
    std::memcpy(cid, Cid::of_record(detail::bytes_of(event->record)).bytes.data(), 36);
    return REFOLD_OK;
  }
  static refold_result answer(const refold_host* host, refold_bytes json) {
    if (self(host).call_ != Call::query) return self(host).refuse("answer() outside of a query");
    self(host).answer_ += detail::text_of(json);
    return REFOLD_OK;
  }
  static void log(const refold_host* host, std::int32_t, refold_bytes text) {
    self(host).lines_.emplace_back(detail::text_of(text));
  }
  static void fail(const refold_host* host, refold_bytes text) {
    self(host).failure_ = detail::text_of(text);
  }

  refold_host abi_{};
  Tables tables_;
  std::vector<std::string> options_;
  std::map<std::string, Account> accounts_;
  std::deque<std::string> lent_;
  std::vector<std::string> lines_;
  std::string failure_;
  std::string answer_;
  Call call_ = Call::none;
  int scans_ = 0;
  bool accounts_allowed_ = false;
  refold_result next_ = REFOLD_OK;
};

}  // namespace refold::testing
