#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "core/log/filter.h"

namespace refold::ingest {

/// Which repos and collections a source takes: a filter that can be changed while it runs.
///
/// Any thread sets it; each decoder asks through a ScopeView of its own, without a lock as long as
/// nothing has changed.
class Scope {
 public:
  /// Takes everything.
  Scope() = default;
  explicit Scope(log::Matcher matcher) { set(std::move(matcher)); }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  /// Messages that are decoded after this are asked by `matcher`. Its kinds do not matter.
  void set(log::Matcher matcher);
  /// What is set; null: everything.
  [[nodiscard]] std::shared_ptr<const log::Matcher> get() const;
  /// Counts the changes.
  [[nodiscard]] std::uint64_t version() const noexcept {
    return version_.load(std::memory_order_acquire);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const log::Matcher> matcher_;
  std::atomic<std::uint64_t> version_{0};
};

/// One reader's view of a Scope. One thread; the scope (may be null: everything) outlives it.
class ScopeView {
 public:
  explicit ScopeView(const Scope* scope) noexcept : scope_(scope) {}

  /// Takes note of changes: before each message.
  void refresh();
  [[nodiscard]] bool wants_did(std::string_view did) const noexcept {
    return matcher_ == nullptr || matcher_->wants_did(did);
  }
  [[nodiscard]] bool wants_collection(std::string_view collection) const noexcept {
    return matcher_ == nullptr || matcher_->wants_collection(collection);
  }

 private:
  const Scope* scope_;
  std::uint64_t version_ = 0;
  std::shared_ptr<const log::Matcher> matcher_;
};

}  // namespace refold::ingest
