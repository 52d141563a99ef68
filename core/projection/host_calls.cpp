#include "core/projection/host_calls.h"

#include <string>

#include "core/log/event.h"
#include "core/plugin/boundary.h"
#include "core/projection/accounts.h"
#include "core/projection/host.h"

namespace refold::projection {
namespace {

ByteView view_of(refold_bytes bytes) noexcept {
  return {static_cast<const std::uint8_t*>(bytes.data), bytes.size};
}
bool readable(refold_bytes bytes) noexcept { return bytes.data != nullptr || bytes.size == 0; }

}  // namespace

const void* this_thread() noexcept {
  thread_local const char here = 0;
  return &here;
}

/// The functions behind the table. Nothing that is thrown leaves them.
struct HostCalls {
  /// Null if this table was not given to the call under way, on this thread.
  static Host* host_of(const refold_host* table, const char* function) noexcept {
    if (table == nullptr || table->context == nullptr) return nullptr;
    auto& slot = *static_cast<Host::Slot*>(table->context);
    if (slot.thread.load(std::memory_order_relaxed) == this_thread()) return slot.host;
    slot.host->misused_.store(function, std::memory_order_relaxed);
    return nullptr;
  }

  template <class Body>
  static refold_result call(const refold_host* table, const char* function,
                            const Body& body) noexcept {
    Host* const host = host_of(table, function);
    if (host == nullptr) return REFOLD_FAILED;
    try {
      return body(*host);
    } catch (const std::exception& error) {
      // Only memory can fail here.
      host->refused_ = Error{Errc::io, std::string(function) + ": " + error.what()};
      return REFOLD_FAILED;
    }
  }

  static refold_result wrong_phase(Host& host, const char* function, const char* where) {
    return host.refuse(std::string("it called ") + function + " in " + host.what_ +
                       "; that may be called in " + where + " only");
  }
  static refold_result no_table(Host& host, const char* function, std::uint32_t table) {
    const auto& info = host.code_->info;
    return host.refuse(std::string("it called ") + function + " for table " +
                       std::to_string(table) + ", but '" + info.name + "' has " +
                       std::to_string(info.tables.size()) +
                       (info.tables.size() == 1 ? " table" : " tables"));
  }
  static refold_result unreadable(Host& host, const char* function) {
    return host.refuse(std::string("it called ") + function +
                       " with a null pointer where there should be bytes");
  }
  static bool has_rows(const Host& host) noexcept {
    return host.phase_ == Host::Phase::apply || host.phase_ == Host::Phase::query;
  }
  static const Error& row_error(const Host& host) noexcept {
    return host.batch_ != nullptr ? host.batch_->error() : host.snapshot_->error();
  }

  static refold_result get(const refold_host* table, std::uint32_t index, refold_bytes key,
                           refold_bytes* row) noexcept {
    return call(table, "get()", [&](Host& host) {
      if (!has_rows(host)) return wrong_phase(host, "get()", "apply() and in queries");
      if (index >= host.code_->info.tables.size()) return no_table(host, "get()", index);
      if (!readable(key) || row == nullptr) return unreadable(host, "get()");
      ByteView found;
      const view::Row result = host.batch_ != nullptr
                                   ? host.batch_->get(index, view_of(key), found)
                                   : host.snapshot_->get(index, view_of(key), found);
      if (result == view::Row::failed) return host.refuse("get()", row_error(host));
      if (result == view::Row::none) return refold_result{REFOLD_NONE};
      *row = plugin::to_abi(found);
      return refold_result{REFOLD_OK};
    });
  }

  /// What put() and remove() have in common; `write` does it.
  template <class Write>
  static refold_result change(const refold_host* table, const char* function, std::uint32_t index,
                              refold_bytes key, const Write& write) noexcept {
    return call(table, function, [&](Host& host) {
      if (host.phase_ != Host::Phase::apply) return wrong_phase(host, function, "apply()");
      if (host.scanning_) {
        return host.refuse(std::string("it called ") + function + " from a visitor of scan()");
      }
      if (index >= host.code_->info.tables.size()) return no_table(host, function, index);
      if (!readable(key)) return unreadable(host, function);
      if (host.watching_ && index == host.watched_table_ &&
          equal(view_of(key), host.watched_key_)) {
        host.touched_ = true;
      }
      return write(host);
    });
  }

  static refold_result put(const refold_host* table, std::uint32_t index, refold_bytes key,
                           refold_bytes row) noexcept {
    return change(table, "put()", index, key, [&](Host& host) {
      if (!readable(row)) return unreadable(host, "put()");
      if (host.batch_->put(index, view_of(key), view_of(row)) == view::Row::failed) {
        return host.refuse("put()", host.batch_->error());
      }
      return refold_result{REFOLD_OK};
    });
  }

  static refold_result remove(const refold_host* table, std::uint32_t index,
                              refold_bytes key) noexcept {
    return change(table, "remove()", index, key, [&](Host& host) {
      if (host.batch_->remove(index, view_of(key)) == view::Row::failed) {
        return host.refuse("remove()", host.batch_->error());
      }
      return refold_result{REFOLD_OK};
    });
  }

  /// A scan under way: what the visitor of the plugin is called with.
  struct Visit {
    Host& host;
    refold_visit visit;
    void* context;
    refold_result result = REFOLD_OK;

    /// The plugin's own code is below: what it throws must not pass through a table's cursor.
    bool operator()(ByteView key, ByteView row) {
      try {
        result = visit(context, plugin::to_abi(key), plugin::to_abi(row));
      } catch (...) {
        host.threw();
        result = REFOLD_FAILED;
      }
      return result == REFOLD_OK;
    }
  };

  static refold_result scan(const refold_host* table, std::uint32_t index,
                            const refold_range* range, refold_visit visit, void* context) noexcept {
    return call(table, "scan()", [&](Host& host) {
      if (!has_rows(host)) return wrong_phase(host, "scan()", "apply() and in queries");
      if (host.scanning_) return host.refuse("it called scan() from a visitor of scan()");
      if (index >= host.code_->info.tables.size()) return no_table(host, "scan()", index);
      if (range == nullptr || visit == nullptr || !REFOLD_HAS(range, backwards) ||
          !readable(range->from) || !readable(range->until)) {
        return unreadable(host, "scan()");
      }
      const view::Range keys{view_of(range->from), view_of(range->until), range->backwards != 0};
      Visit visiting{host, visit, context};
      const auto visitor = [&visiting](ByteView key, ByteView row) { return visiting(key, row); };
      host.scanning_ = true;
      const view::Row result = host.batch_ != nullptr ? host.batch_->scan(index, keys, visitor)
                                                      : host.snapshot_->scan(index, keys, visitor);
      host.scanning_ = false;
      if (result == view::Row::failed) return host.refuse("scan()", row_error(host));
      return visiting.result == REFOLD_NONE ? refold_result{REFOLD_OK} : visiting.result;
    });
  }

  static refold_result option(const refold_host* table, std::uint32_t index,
                              refold_bytes* value) noexcept {
    return call(table, "option()", [&](Host& host) {
      if (value == nullptr) return unreadable(host, "option()");
      if (index >= host.values_.size()) {
        return host.refuse("it called option() for option " + std::to_string(index) + ", but '" +
                           host.code_->info.name + "' has " + std::to_string(host.values_.size()));
      }
      *value = plugin::to_abi(host.values_[index]);
      return refold_result{REFOLD_OK};
    });
  }

  static refold_result account(const refold_host* table, refold_bytes did,
                               refold_account* account) noexcept {
    return call(table, "account()", [&](Host& host) {
      if (!has_rows(host)) return wrong_phase(host, "account()", "apply() and in queries");
      if (!host.code_->wants(REFOLD_ACCOUNT_STATUS)) {
        return host.refuse("it called account(), but '" + host.code_->info.name +
                           "' does not say that it wants REFOLD_ACCOUNT_STATUS");
      }
      if (account == nullptr || !REFOLD_HAS(account, status) || !readable(did)) {
        return unreadable(host, "account()");
      }
      account->known = 0;
      account->active = 1;
      account->status = {nullptr, 0};
      const auto index = static_cast<std::uint32_t>(host.code_->info.tables.size());
      ByteView row;
      // Longer ones than a DID can be have no row, and are no fault.
      if (did.size == 0 || did.size > view::key_bytes_max) return refold_result{REFOLD_OK};
      const view::Row result = host.batch_ != nullptr
                                   ? host.batch_->get(index, view_of(did), row)
                                   : host.snapshot_->get(index, view_of(did), row);
      if (result == view::Row::failed) return host.refuse("account()", row_error(host));
      if (result == view::Row::none) return refold_result{REFOLD_OK};
      Account known;
      if (!decode(row, known)) {
        host.refused_ = Error{Errc::corrupt,
                              "a row of the table '$accounts' cannot be read; "
                              "replay the projection"};
        return refold_result{REFOLD_FAILED};
      }
      account->known = 1;
      account->active = known.active ? 1 : 0;
      account->status = plugin::to_abi(known.status);
      return refold_result{REFOLD_OK};
    });
  }

  static refold_result cid(const refold_host* table, const refold_event* event,
                           std::uint8_t to[36]) noexcept {
    return call(table, "cid()", [&](Host& host) {
      if (host.phase_ != Host::Phase::apply) return wrong_phase(host, "cid()", "apply()");
      const log::Event* const source =
          host.events_ == nullptr ? nullptr : host.events_->source_of(event);
      if (source == nullptr) {
        return host.refuse("it called cid() for something that is no event of this batch");
      }
      if (to == nullptr) return unreadable(host, "cid()");
      if (!log::has_cid(*source)) return refold_result{REFOLD_NONE};
      const auto bytes = atproto::to_bytes(log::cid_of(*source));
      std::memcpy(to, bytes.data(), bytes.size());
      return refold_result{REFOLD_OK};
    });
  }

  static refold_result answer(const refold_host* table, refold_bytes json) noexcept {
    return call(table, "answer()", [&](Host& host) {
      if (host.phase_ != Host::Phase::query && host.phase_ != Host::Phase::render) {
        return wrong_phase(host, "answer()", "queries and in render()");
      }
      if (!readable(json)) return unreadable(host, "answer()");
      if (json.size > REFOLD_ANSWER_MAX - host.answer_.size()) {
        return host.refuse("its answer is longer than " + std::to_string(REFOLD_ANSWER_MAX) +
                           " bytes; it should answer in pages");
      }
      host.answer_.append(static_cast<const char*>(json.data), json.size);
      return refold_result{REFOLD_OK};
    });
  }

  static void log(const refold_host* table, std::int32_t level, refold_bytes text) noexcept {
    (void)call(table, "log()", [&](Host& host) {
      host.write_line(level, text);
      return refold_result{REFOLD_OK};
    });
  }

  static void fail(const refold_host* table, refold_bytes text) noexcept {
    (void)call(table, "fail()", [&](Host& host) {
      host.said_ = plugin::said_text(text);
      return refold_result{REFOLD_OK};
    });
  }

  static const void* extension(const refold_host* /*table*/, const char* /*id*/) noexcept {
    return nullptr;
  }
};

refold_host host_table() noexcept {
  refold_host table{};
  table.size = sizeof table;
  table.abi_major = REFOLD_ABI_MAJOR;
  table.abi_minor = REFOLD_ABI_MINOR;
  table.get = HostCalls::get;
  table.put = HostCalls::put;
  table.remove = HostCalls::remove;
  table.scan = HostCalls::scan;
  table.option = HostCalls::option;
  table.account = HostCalls::account;
  table.cid = HostCalls::cid;
  table.answer = HostCalls::answer;
  table.log = HostCalls::log;
  table.fail = HostCalls::fail;
  table.extension = HostCalls::extension;
  return table;
}

}  // namespace refold::projection
