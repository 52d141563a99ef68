#pragma once

#include <array>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "refold/base.hpp"
#include "refold/change.hpp"
#include "refold/manifest.hpp"

/// From the C functions of abi.h to C++, and the wall between them: no exception gets out.
namespace refold::detail {

/// Whether P::apply() can be given one of these.
template <class P, class What>
concept Applies = requires(P& projection, const What& what) {
  projection.apply(what);
};

template <class P>
constexpr std::uint32_t wants_of() noexcept {
  std::uint32_t wants = 0;
  if (Applies<P, RecordChange>) wants |= REFOLD_RECORDS;
  if (Applies<P, AccountChange>) wants |= REFOLD_ACCOUNTS;
  if (Applies<P, IdentityChange>) wants |= REFOLD_IDENTITIES;
  if (P::manifest.history) wants |= REFOLD_HISTORY;
  if (P::manifest.account_status) wants |= REFOLD_ACCOUNT_STATUS;
  return wants;
}

inline refold_result fail(const refold_host* host, refold_result result, std::string_view why) {
  host->fail(host, abi_of(why));
  return result;
}

/// Runs `body`, and turns what it throws into a result with its reason.
template <class Body>
refold_result walled(const refold_host* host, Body&& body) noexcept {
  try {
    body();
    return REFOLD_OK;
  } catch (const HostFailed& failed) {
    return failed.result;
  } catch (const Retry& error) {
    return fail(host, REFOLD_RETRY, *error.what() != 0 ? error.what() : "to be tried again");
  } catch (const std::exception& error) {
    return fail(host, REFOLD_FAILED, *error.what() != 0 ? error.what() : "threw without a word");
  } catch (...) {
    return fail(host, REFOLD_FAILED, "threw something that is no std::exception");
  }
}

/// The same for a call into an instance, which may use `host` meanwhile. A failure of the host that
/// the author caught is one all the same.
template <class Body>
refold_result called(Projection& projection, const refold_host* host, Body&& body) noexcept {
  Instance& instance = instance_of(projection);
  instance.host = host;
  instance.failure = REFOLD_OK;
  const refold_result result = walled(host, body);
  instance.host = nullptr;
  return instance.failure != REFOLD_OK ? instance.failure : result;
}

template <class P>
void apply_one(P& projection, const refold_event& event) {
  Instance& instance = instance_of(projection);
  switch (event.kind) {
    case REFOLD_CREATE:
    case REFOLD_UPDATE:
    case REFOLD_DELETE:
      if constexpr (Applies<P, RecordChange>) projection.apply(RecordChange(instance, event));
      break;
    case REFOLD_ACCOUNT:
      if constexpr (Applies<P, AccountChange>) projection.apply(AccountChange(instance, event));
      break;
    case REFOLD_IDENTITY:
      if constexpr (Applies<P, IdentityChange>) projection.apply(IdentityChange(instance, event));
      break;
    default:
      if constexpr (Applies<P, Event>) projection.apply(Event(instance, event));
  }
}

/// The functions of a refold_projection. `self` is a Projection*, whatever P is.
template <class P>
struct Calls {
  static refold_result create(const refold_host* host, void** self) noexcept {
    return walled(host, [&] {
      auto made = std::make_unique<P>();
      auto& options = instance_of(*made).options;
      for (std::uint32_t i = 0; i < options.size(); ++i) {
        refold_bytes value{};
        const refold_result result = host->option(host, i, &value);
        if (result != REFOLD_OK) throw HostFailed{result};
        options[i].set(text_of(value));
      }
      *self = static_cast<Projection*>(made.release());
    });
  }
  static void destroy(void* self) noexcept { delete static_cast<Projection*>(self); }
  static refold_result apply(void* self, const refold_host* host, const refold_event* events,
                             std::size_t count) noexcept {
    auto& projection = static_cast<P&>(*static_cast<Projection*>(self));
    return called(projection, host, [&] {
      const auto* at = reinterpret_cast<const char*>(events);
      for (std::size_t i = 0; i < count; ++i) {
        const auto& event = *reinterpret_cast<const refold_event*>(at);
        apply_one(projection, event);
        at += event.size;
      }
    });
  }
};

/// A query's function is told neither which query it is nor of which projection, so each index has
/// one of its own.
inline constexpr std::size_t queries_max = 64;
inline refold_result run_query(void* self, const refold_host* host, const refold_bytes* arguments,
                               std::size_t index) noexcept {
  auto& projection = *static_cast<Projection*>(self);
  return called(projection, host, [&] {
    const std::string json = instance_of(projection).queries.at(index).run(arguments);
    const refold_result result = host->answer(host, abi_of(json));
    if (result != REFOLD_OK) throw HostFailed{result};
  });
}
using RunQuery = refold_result (*)(void*, const refold_host*, const refold_bytes*);
template <std::size_t... Index>
constexpr std::array<RunQuery, sizeof...(Index)> query_calls(std::index_sequence<Index...>) {
  return {[](void* self, const refold_host* host, const refold_bytes* arguments) {
    return run_query(self, host, arguments, Index);
  }...};
}

}  // namespace refold::detail
