#include "core/projection/host.h"

#include <utility>

#include "core/projection/host_calls.h"

namespace refold::projection {
namespace {

constexpr std::size_t message_bytes_max = 4096;
/// Lines for the log in one call; more are dropped.
constexpr std::size_t lines_max = 100;

/// Text of a plugin, short enough and fit to print on one line. UTF-8 passes as it is.
std::string printable(std::string_view text) {
  std::string clean(text.substr(0, message_bytes_max));
  for (char& letter : clean) {
    if (static_cast<unsigned char>(letter) < ' ' || letter == 0x7f) letter = ' ';
  }
  return clean;
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
  scanning_ = threw_ = said_ = false;
  message_.clear();
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
  if (misused == nullptr && !refused_ && !threw_ && result == REFOLD_OK) return Verdict::ok;
  if (refused_ && is_ours(refused_->code)) {
    reason_ = *refused_;
    return Verdict::storage;
  }
  if (misused != nullptr) {
    return fail(std::string("it called ") + misused +
                " with a table of the host that was not given to that call, or on another thread");
  }
  if (refused_) return fail(refused_->message);
  if (threw_) return fail(message_);
  if (result == REFOLD_NONE && phase_ == Phase::render) return Verdict::none;
  if (result != REFOLD_RETRY && result != REFOLD_FAILED) {
    return fail(std::string(what_) + " returned " + std::to_string(result) +
                ", which is no result that it may return");
  }
  const std::string said = said_ ? printable(message_)
                                 : std::string(what_) + " failed without a message: a fault of the "
                                                        "plugin, which must call fail() first";
  (void)fail(said);
  return result == REFOLD_RETRY ? Verdict::retry : Verdict::failed;
}

Verdict Host::fail(std::string sentence) {
  reason_ = {Errc::invalid, std::move(sentence)};
  return Verdict::failed;
}

void Host::threw(std::string_view what) {
  threw_ = true;
  message_ = std::string(what_) + " threw an exception: " + printable(what);
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
  const int known = level < REFOLD_DEBUG ? REFOLD_DEBUG : level > REFOLD_ERROR ? REFOLD_ERROR
                                                                                 : level;
  const std::string_view said(static_cast<const char*>(text.data), text.size);
  sink_(name_, known, lines_ == lines_max ? "(more lines of this call are dropped)"
                                          : printable(said));
}

void Host::watch(std::uint32_t table, ByteView key) {
  watched_table_ = table;
  watched_key_.assign(key.begin(), key.end());
  watching_ = true;
  touched_ = false;
}

}  // namespace refold::projection
