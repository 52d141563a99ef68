#include "core/ingest/scope.h"

#include <utility>

namespace refold::ingest {

void Scope::set(log::Matcher matcher) {
  auto made = std::make_shared<const log::Matcher>(std::move(matcher));
  const std::lock_guard lock(mutex_);
  matcher_ = std::move(made);
  version_.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<const log::Matcher> Scope::get() const {
  const std::lock_guard lock(mutex_);
  return matcher_;
}

void ScopeView::refresh() {
  if (scope_ == nullptr) return;
  const std::uint64_t version = scope_->version();
  if (version == version_) return;
  version_ = version;
  matcher_ = scope_->get();
}

}  // namespace refold::ingest
