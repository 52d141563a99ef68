#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace refold::ingest {

/// Why a repo (or a page, or a DID document) was not fetched: what is counted.
enum class Fault : std::uint8_t {
  // What the host says of the repo.
  not_found,
  deactivated,
  taken_down,
  suspended,
  inactive,  ///< listed as inactive, for another reason
  // What became of the question.
  refused,       ///< the host does not answer it
  rate_limited,  ///< and was, each time that it was asked again
  unavailable,   ///< the host has trouble of its own
  unreachable,   ///< no connection, or no answer in time
  too_large,
  no_host,  ///< the DID's document is not there, or names no host
  // What is wrong with the answer.
  bad_answer,   ///< not what was asked for, redirected too often, or to where we do not go
  bad_archive,  ///< not a whole repo, or a block that does not hash to its CID
  // What the log says.
  deleted,  ///< its account was deleted: what it held is not taken again
  // Not of the repo.
  stopped,  ///< the backfill was
  failed,   ///< the recorder or the disk: the backfill cannot go on
  later,    ///< the host wants to be left alone: ask again then
};
inline constexpr std::size_t fault_count = 17;
/// "not_found", "rate_limited", ...
[[nodiscard]] std::string_view name(Fault fault) noexcept;

/// A fault and a sentence about it, printable.
struct FetchError {
  Fault fault{};
  std::string message;
};
[[noreturn]] inline void throw_exception_from_error(const FetchError& error,
                                                    const boost::source_location& /*where*/) {
  throw BadResult({Errc::invalid, error.message});
}

template <class T>
using Fetched = boost::system::result<T, FetchError>;

}  // namespace refold::ingest
