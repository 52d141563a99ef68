#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "refold/abi.h"
#include "refold/argument.hpp"
#include "refold/bytes.hpp"

namespace refold {

class Projection;

/// Thrown out of apply() or a query when it did not work now but may later: the host tries the
/// whole batch again. Any other exception stops the projection before the event at fault.
class Retry : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

namespace detail {

/// A function of the host failed, and the host knows why: nothing is left to do but to return.
/// Nobody is meant to catch it, so it is no std::exception.
struct HostFailed {
  refold_result result;
};

/// What a projection declares, in the order in which its members do.
struct DeclaredTable {
  const char* name;
  std::string (*layout)();
  /// Appends {"key":...,"row":...}; false if these bytes are no row.
  bool (*render)(ByteView key, ByteView row, std::string& json);
};
struct DeclaredOption {
  Argument argument;
  std::uint32_t type;
  std::function<void(std::string_view)> set;
};
struct DeclaredQuery {
  const char* name;
  const char* summary;
  std::vector<Argument> parameters;
  std::vector<std::uint32_t> types;
  /// Answers, as JSON.
  std::function<std::string(const refold_bytes* arguments)> run;
};

/// What the SDK keeps of one instance of a projection.
class Instance {
 public:
  std::vector<DeclaredTable> tables;
  std::vector<DeclaredOption> options;
  std::vector<DeclaredQuery> queries;

  /// The host of the call that is being made, or null. Its first failure since.
  const refold_host* host = nullptr;
  refold_result failure = REFOLD_OK;
  /// So far: records that did not decode as what was asked for; keys that were too long.
  std::uint64_t undecoded = 0;
  std::uint64_t long_keys = 0;

  [[nodiscard]] const refold_host& called() const {
    if (host == nullptr) throw std::logic_error("tables can be used in apply() and queries only");
    return *host;
  }
  /// Throws HostFailed unless it is REFOLD_OK; REFOLD_NONE is false.
  bool check(refold_result result) {
    if (result == REFOLD_OK) return true;
    if (result == REFOLD_NONE) return false;
    failure = result;
    throw HostFailed{result};
  }
  bool get(std::uint32_t table, refold_bytes key, ByteView& row) {
    refold_bytes found{};
    if (!check(called().get(host, table, key, &found))) return false;
    row = bytes_of(found);
    return true;
  }
  void put(std::uint32_t table, refold_bytes key, refold_bytes row) {
    check(called().put(host, table, key, row));
  }
  void remove(std::uint32_t table, refold_bytes key) { check(called().remove(host, table, key)); }

  /// Counts, and writes a warning for the 1st, the 2nd, the 4th, the 8th, ...
  template <class Text>
  void tell_now_and_then(std::uint64_t& count, Text text) const {
    ++count;
    if ((count & (count - 1)) != 0 || host == nullptr) return;
    const std::string line = text() + " (" + std::to_string(count) + " so far)";
    host->log(host, REFOLD_WARNING, abi_of(std::string_view(line)));
  }
};

/// The way in for the parts of the SDK.
inline Instance& instance_of(Projection& projection) noexcept;

}  // namespace detail

/// What every projection derives from. Its members declare what it has (Table, Index, Option,
/// Query), its functions apply() say what it does:
///
///   void apply(const refold::RecordChange&)     records; most projections have only this one
///   void apply(const refold::AccountChange&)    accounts come and go
///   void apply(const refold::IdentityChange&)   handles and hosts change
///   void apply(const refold::Event&)            whatever has none of its own above
///
/// The host makes and destroys instances as it likes, between any two batches: whatever must be
/// remembered belongs into a table. An instance lives on one thread; another one may live on
/// another at the same time, so what they share must not change.
class Projection {
 public:
  Projection(const Projection&) = delete;
  Projection& operator=(const Projection&) = delete;
  virtual ~Projection() = default;

  /// What an account was, just before the event being applied: needs `.account_status`. One that no
  /// event has told of counts as active.
  struct Account {
    bool known = false;
    bool active = true;
    std::string status;  ///< why it is not active
  };
  [[nodiscard]] Account account(std::string_view did) const {
    refold_account found{};
    found.size = sizeof found;
    const refold_host& host = instance_.called();
    instance_.check(host.account(&host, detail::abi_of(did), &found));
    if (found.known == 0) return {};
    return {true, found.active != 0, std::string(detail::text_of(found.status))};
  }

  /// Lines for the log of the engine. During a call of the host only; else they are dropped.
  void debug(std::string_view text) const { write(REFOLD_DEBUG, text); }
  void info(std::string_view text) const { write(REFOLD_INFO, text); }
  void warn(std::string_view text) const { write(REFOLD_WARNING, text); }
  void error(std::string_view text) const { write(REFOLD_ERROR, text); }

 protected:
  Projection() = default;

 private:
  friend detail::Instance& detail::instance_of(Projection& projection) noexcept;
  void write(std::int32_t level, std::string_view text) const {
    const refold_host* const host = instance_.host;
    if (host != nullptr) host->log(host, level, detail::abi_of(text));
  }

  mutable detail::Instance instance_;
};

inline detail::Instance& detail::instance_of(Projection& projection) noexcept {
  return projection.instance_;
}

}  // namespace refold
