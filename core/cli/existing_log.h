#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "core/base/result.h"
#include "core/cli/context.h"

namespace refold::cli {

/// What commands work on: the engine's, where they run in one, or else their own. All of these are
/// shared, so that it is all the same to a command.

/// A log, to read. Errors: `not_found`.
[[nodiscard]] Result<std::shared_ptr<const log::WitnessLog>> open_log(const Context& context);

/// For commands that tend a log: where there is none (a mistyped --data), they make none. Errors:
/// `not_found`.
[[nodiscard]] Result<void> require_log(const std::filesystem::path& data);

/// A log that is there, for writing: without its index, whatever state that is in. Not in an
/// engine, whose recorder has it.
[[nodiscard]] Result<std::unique_ptr<log::WitnessLog>> open_existing_log(
    const std::filesystem::path& data);

/// The recorder of a log that is there. It does one thing: nothing is sealed behind its back.
/// `before_erasing`: see index::RecorderOptions; the engine has its own.
[[nodiscard]] Result<std::shared_ptr<index::Recorder>> open_existing(
    const Context& context, std::function<void(log::Seq last)> before_erasing = {});

/// The recorder of a log, which is made if there is none.
[[nodiscard]] Result<std::shared_ptr<index::Recorder>> open_recorder(const Context& context);

/// Why an engine's command should append nothing now: there is little room on the disk. Empty: it
/// may.
[[nodiscard]] std::string no_room(const Context& context);

}  // namespace refold::cli
