#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/lock.h"
#include "core/view/environment.h"
#include "core/view/view.h"

namespace refold::view {

struct View::Impl {
  Impl(std::filesystem::path place, ProcessClaim process_claim,
       std::optional<WriterLock> writer_lock, std::unique_ptr<Environment> opened)
      : folder(std::move(place)),
        claim(std::move(process_claim)),
        lock(std::move(writer_lock)),
        environment(std::move(opened)) {}

  const std::filesystem::path folder;
  const ProcessClaim claim;
  const std::optional<WriterLock> lock;  ///< held by the writer
  const std::unique_ptr<Environment> environment;
  std::atomic<bool> has_batch{false};
};

/// What the tables take, and hold, as a transaction sees them.
[[nodiscard]] Result<ViewStat> measure(const ReadTxn& txn);

}  // namespace refold::view
