#include "core/net/exchange.h"

#include <chrono>
#include <utility>

namespace refold::net {

using std::chrono::milliseconds;

// The mutex is held meanwhile: after leave() nobody is in here.
void Exchange::wake_session() {
  if (std::exchange(waits_, false) && !gone_) wake_();
}

void Exchange::answer(Response response, bool stream) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(answered_, true)) return;
  work_.head = std::move(response);
  work_.stream = stream;
  wake_session();
}

bool Exchange::answered() const {
  const std::lock_guard lock(mutex_);
  return answered_;
}

bool Exchange::write(std::string text) {
  std::unique_lock lock(mutex_);
  const auto room = [&] { return gone_ || work_.ended || work_.text.size() < stream_bytes_max_; };
  while (!room() && !stopping_.stop_requested()) changed_.wait_for(lock, milliseconds(200), room);
  if (gone_ || work_.ended || stopping_.stop_requested()) return false;
  if (work_.text.empty()) {
    work_.text = std::move(text);
  } else {
    work_.text += text;
  }
  wake_session();
  return true;
}

void Exchange::end() {
  const std::lock_guard lock(mutex_);
  work_.ended = true;
  wake_session();
}

bool Exchange::gone() const {
  const std::lock_guard lock(mutex_);
  return gone_ || stopping_.stop_requested();
}

bool Exchange::wait_gone(milliseconds at_most) {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  std::unique_lock lock(mutex_);
  while (!gone_ && !stopping_.stop_requested()) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline) return false;
    changed_.wait_until(lock, std::min(deadline, now + milliseconds(200)));
  }
  return true;
}

Exchange::Work Exchange::take() {
  const std::lock_guard lock(mutex_);
  Work work = std::move(work_);
  // That it has ended stays known: nothing may be written any more.
  const bool ended = work.ended;
  work_ = Work{};
  work_.ended = ended;
  if (!work.any()) waits_ = true;
  if (!work.text.empty()) changed_.notify_all();
  return work;
}

void Exchange::leave() {
  {
    const std::lock_guard lock(mutex_);
    gone_ = true;
    answered_ = true;
  }
  changed_.notify_all();
}

void Responder::send(Response response) const { exchange_->answer(std::move(response), false); }
ResponseStream Responder::stream(Response head) const {
  exchange_->answer(std::move(head), true);
  return ResponseStream(exchange_);
}
bool Responder::gone() const { return exchange_->gone(); }

ResponseStream& ResponseStream::operator=(ResponseStream&& other) noexcept {
  std::swap(exchange_, other.exchange_);
  return *this;
}
bool ResponseStream::write(std::string text) { return exchange_->write(std::move(text)); }
bool ResponseStream::gone() const { return exchange_->gone(); }
bool ResponseStream::wait_gone(milliseconds at_most) const { return exchange_->wait_gone(at_most); }
void ResponseStream::end() {
  if (exchange_) exchange_->end();
}

Handler on_workers(Workers& workers,
                   std::function<void(Request request, Responder responder)> answer) {
  auto shared = std::make_shared<decltype(answer)>(std::move(answer));
  return [&workers, shared](Request request, const Responder& responder) {
    // Tasks are copied, requests are not to be.
    auto held = std::make_shared<Request>(std::move(request));
    if (workers.run([shared, held, responder] { (*shared)(std::move(*held), responder); })) return;
    responder.send({503,
                    "application/json",
                    {{"Retry-After", "1"}},
                    R"({"error":"busy","message":"too many requests are being answered"})"});
  };
}

}  // namespace refold::net
