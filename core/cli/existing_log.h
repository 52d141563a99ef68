#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "core/base/result.h"
#include "core/index/recorder.h"
#include "core/log/witness_log.h"

namespace refold::cli {

/// For commands that tend a log: where there is none (a mistyped --data), they make none.
/// Errors: `not_found`.
[[nodiscard]] Result<void> require_log(const std::filesystem::path& data);

/// A log that is there, for writing: without its index, whatever state that is in.
[[nodiscard]] Result<std::unique_ptr<log::WitnessLog>> open_existing_log(
    const std::filesystem::path& data);

/// The recorder of a log that is there. It does one thing: nothing is sealed behind its back.
/// `before_erasing`: see index::RecorderOptions.
[[nodiscard]] Result<std::unique_ptr<index::Recorder>> open_existing(
    const std::filesystem::path& data, std::function<void(log::Seq last)> before_erasing = {});

}  // namespace refold::cli
