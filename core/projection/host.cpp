#include "core/projection/host.h"

#include <algorithm>
#include <utility>

#include "core/base/characters.h"
#include "core/plugin/boundary.h"
#include "core/projection/host_calls.h"

namespace refold::projection {
namespace {

/// Lines for the log in one call; more are dropped.
constexpr std::size_t lines_max = 100;

std::string misuse_of(const char* function) {
  return std::string("it called ") + function +
         " with a table of the host that was not given to that call, or on another thread";
}

bool is_ours(Errc code) noexcept { return code != Errc::invalid && code != Errc::too_large; }

}  // namespace

Host::Host(CodePointer code, std::string name, std::vector<std::string> values, LogSink sink)
    : code_(std::move(code)),
      name_(std::move(name)),
      values_(std::move(values)),
      sink_(std::move(sink)),
      slots_(std::make_unique<std::array<Slot, slot_count>>()) {
  for (Slot& slot : *slots_) {
    slot.host = this;
    slot.table = host_table();
    slot.table.context = &slot;
  }
}

Host::~Host() = default;

const refold_host* Host::begin(Phase phase, const char* what) {
  phase_ = phase;
  what_ = what;
  scanning_ = false;
  said_.clear();
  thrown_.reset();
  refused_.reset();
  lines_ = 0;
  answer_.clear();
  slot_ = phase == Phase::create ? 0 : slot_ % (slot_count - 1) + 1;
  Slot& slot = (*slots_)[slot_];
  slot.thread.store(this_thread(), std::memory_order_relaxed);
  return &slot.table;
}

Verdict Host::end(refold_result result) {
  (*slots_)[slot_].thread.store(nullptr, std::memory_order_relaxed);
  const char* const misused = misused_.exchange(nullptr, std::memory_order_relaxed);
  if (misused == nullptr && !refused_ && !thrown_ && result == REFOLD_OK) return Verdict::ok;
  if (refused_ && is_ours(refused_->code)) {
    reason_ = *refused_;
    return Verdict::storage;
  }
  if (misused != nullptr) {
    return fail(misuse_of(misused));
  }
  if (refused_) return fail(refused_->message);
  if (thrown_) return fail(thrown_->message);
  if (result == REFOLD_NONE && phase_ == Phase::render) return Verdict::none;
  (void)fail(plugin::outcome(what_, result, said_).error().message);
  return result == REFOLD_RETRY ? Verdict::retry : Verdict::failed;
}

void Host::call_destroy(void (*destroy)(void*), void* self) noexcept {
  try {
    const auto done = plugin::contained("destroy()", [&] { destroy(self); });
    const char* const misused = misused_.exchange(nullptr, std::memory_order_relaxed);
    if (!sink_) return;
    if (misused != nullptr) sink_(name_, REFOLD_ERROR, "destroy(): " + misuse_of(misused));
    if (done.has_error()) sink_(name_, REFOLD_ERROR, done.error().message);
  } catch (...) {
    // There was no memory for a line.
    return;
  }
}

Verdict Host::fail(std::string sentence) {
  reason_ = {Errc::invalid, std::move(sentence)};
  return Verdict::failed;
}

void Host::threw() {
  if (!thrown_) thrown_ = plugin::thrown(what_);
}

refold_result Host::refuse(std::string sentence) {
  if (!refused_) refused_ = Error{Errc::invalid, std::move(sentence)};
  return REFOLD_FAILED;
}

refold_result Host::refuse(const char* function, const Error& error) {
  if (!refused_) {
    refused_ = is_ours(error.code) ? error : within(std::string(function), error);
  }
  return REFOLD_FAILED;
}

void Host::write_line(std::int32_t level, refold_bytes text) {
  if (!sink_ || ++lines_ > lines_max) return;
  const int known = std::clamp<std::int32_t>(level, REFOLD_DEBUG, REFOLD_ERROR);
  sink_(name_, known,
        lines_ == lines_max ? "(more lines of this call are dropped)"
                            : escaped(plugin::said_text(text)));
}

void Host::watch(std::uint32_t table, ByteView key) {
  watched_table_ = table;
  watched_key_.assign(key.begin(), key.end());
  watching_ = true;
  touched_ = false;
}

}  // namespace refold::projection
