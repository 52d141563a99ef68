#include "core/server/command_channel.h"

#include <utility>

namespace refold::server {

namespace {

constexpr std::chrono::milliseconds look_time{50};

}  // namespace

CommandChannel::CommandChannel(std::unique_ptr<Stream> stream, JobPointer job)
    : stream_(std::move(stream)), job_(std::move(job)) {}

bool CommandChannel::put(FrameKind kind, std::string_view text) {
  // A line that is drawn over and over again is nothing to remember: the job has its numbers.
  const bool drawn = text.starts_with('\r');
  if ((kind == FrameKind::out || kind == FrameKind::err) && !drawn) job_->print(text);
  for (bool first = true; stream_ && (first || !text.empty()); first = false) {
    const std::string_view piece = text.substr(0, frame_bytes_max);
    text.remove_prefix(piece.size());
    if (!stream_->write(frame(kind, piece))) stream_.reset();
  }
  return stream_ != nullptr || stays_;
}

bool CommandChannel::gone() {
  if (stream_ && stream_->wait_gone(std::chrono::milliseconds(0))) stream_.reset();
  return stream_ == nullptr;
}

std::string CommandChannel::read() {
  {
    const std::lock_guard lock(mutex_);
    if (ended_input_) return {};
  }
  (void)put(FrameKind::input, {});
  while (!interrupted() && !gone()) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, look_time, [&] { return input_ || interrupted_; });
    if (!input_) continue;
    ended_input_ = input_->empty();
    return *std::exchange(input_, std::nullopt);
  }
  return {};
}

void CommandChannel::stay() {
  stays_ = true;
  (void)put(FrameKind::stays, {});
}

bool CommandChannel::interrupted() {
  if (job_->cancelled()) return true;
  if (stays_) return false;
  {
    const std::lock_guard lock(mutex_);
    if (interrupted_) return true;
  }
  return gone();
}

void CommandChannel::end(int status) { (void)put(FrameKind::ended, std::to_string(status)); }

void CommandChannel::give(std::string input) {
  const std::lock_guard lock(mutex_);
  input_ = std::move(input);
  changed_.notify_all();
}

void CommandChannel::interrupt() {
  const std::lock_guard lock(mutex_);
  interrupted_ = true;
  changed_.notify_all();
}

void CommandChannels::add(std::uint64_t job, std::shared_ptr<CommandChannel> channel) {
  const std::lock_guard lock(mutex_);
  all_.emplace(job, std::move(channel));
}

void CommandChannels::remove(std::uint64_t job) {
  const std::lock_guard lock(mutex_);
  all_.erase(job);
}

Result<std::shared_ptr<CommandChannel>> CommandChannels::find(std::uint64_t job) const {
  const std::lock_guard lock(mutex_);
  const auto found = all_.find(job);
  if (found != all_.end()) return found->second;
  return Error{Errc::not_found, "no command runs as job " + std::to_string(job)};
}

}  // namespace refold::server
