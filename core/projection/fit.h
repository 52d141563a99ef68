#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/log/witness_log.h"
#include "core/projection/code.h"
#include "core/view/checkpoint.h"

namespace refold::projection {

/// Whether a view and a log belong together, and the code that is to go on with both.

/// The checksum by which an event is known again: of its canonical header (core/log/chain.h), which
/// has its CID and never changes, not even when its payload is erased.
[[nodiscard]] std::uint64_t event_checksum(const log::Event& event);
/// Of the event at `seq`. 0 for seq 0, and for an event of a kind that this version does not know.
/// Errors: those of the log.
[[nodiscard]] Result<std::uint64_t> event_checksum(const log::WitnessLog& log, log::Seq seq);

/// The checkpoint of a view that `code` is about to build from the beginning of `log`.
/// `projection`: the name of the instance. `values`: its options.
[[nodiscard]] Result<view::Checkpoint> first_checkpoint(const log::WitnessLog& log,
                                                        const Code& code,
                                                        const std::vector<std::string>& values,
                                                        const std::string& projection,
                                                        std::uint64_t generation);

/// Why a view is not taken up.
struct Misfit {
  enum class Kind : std::uint8_t {
    log,      ///< it is of another log, ahead of this one, or of other events
    code,     ///< of another fold, or other options: the code has to build another one
    layout,   ///< the same fold with other tables or another layout: a fault of the plugin
    erasure,  ///< the log has erased what the view should have taken back
  };
  Kind kind;
  Error error;  ///< a sentence with the remedy
};

/// Compares the view with the log that there is: only Kind::log. None: they fit.
[[nodiscard]] Result<std::optional<Misfit>> log_misfit(const log::WitnessLog& log,
                                                       const view::Checkpoint& checkpoint);
/// Compares what the view was built from, and its tables, with what there is. None: they fit.
[[nodiscard]] Result<std::optional<Misfit>> misfit(const log::WitnessLog& log,
                                                   const view::Checkpoint& checkpoint,
                                                   const std::vector<std::string>& tables,
                                                   const Code& code,
                                                   const std::vector<std::string>& values);

/// What the redactions since a view's checkpoint mean for it. A fold takes a record back when it is
/// given the tombstone, with the record in it: before the redaction erases both, or it never was
/// given the record either.
enum class Erasure : std::uint8_t {
  none,        ///< there was none that matters: the view goes on, and knows of them
  unfinished,  ///< one is under way; what is read now may be half of it
  outdated,    ///< a view of the history has seen what a rebuild would not see any more
  missed,      ///< the view holds what it can no longer take back: it has to be built anew
};
[[nodiscard]] Result<Erasure> erasure(const log::WitnessLog& log, std::uint64_t epoch_now,
                                      const view::Checkpoint& checkpoint, bool history);

}  // namespace refold::projection
