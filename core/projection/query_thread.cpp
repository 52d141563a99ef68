#include "core/projection/query_thread.h"

#include <system_error>
#include <utility>

namespace refold::projection {
namespace {

constexpr std::size_t queue_max = 1024;

}  // namespace

QueryThread::QueryThread(QuerySetup setup, MakeAnswerer make)
    : setup_(std::move(setup)), make_(std::move(make)) {}

QueryThread::~QueryThread() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Result<void> QueryThread::prepare(Deadline deadline) {
  const auto work = [](Answerer& answerer) -> Answer {
    REFOLD_CHECK(answerer.prepare());
    return std::vector<std::string>();
  };
  REFOLD_CHECK(ask("an instance for queries", work, deadline));
  return ok();
}

Result<std::string> QueryThread::run(std::uint32_t query, std::vector<std::string> arguments,
                                     Deadline deadline) {
  std::string what;
  {
    const std::lock_guard lock(mutex_);
    if (setup_) what = query_title(*setup_->code, query);
  }
  const auto work = [query, arguments = std::move(arguments)](Answerer& answerer) -> Answer {
    REFOLD_TRY(std::string answer, answerer.run(query, arguments));
    return std::vector<std::string>{std::move(answer)};
  };
  REFOLD_TRY(auto answer, ask(what, work, deadline));
  return std::move(answer.front());
}

Result<std::vector<std::string>> QueryThread::rows(RowRequest request, Deadline deadline) {
  const auto work = [request = std::move(request)](Answerer& answerer) {
    return answerer.rows(request);
  };
  return ask("rows", work, deadline);
}

QueryThread::Answer QueryThread::ask(std::string what, Work work, Deadline deadline) {
  auto request = std::make_shared<Request>();
  request->what = std::move(what);
  request->work = std::move(work);
  std::unique_lock lock(mutex_);
  if (closing_) return Error{Errc::closed, request->what + ": this generation is closed"};
  if (queue_.size() >= queue_max) {
    return Error{Errc::busy, request->what + ": " + std::to_string(queue_max) +
                                 " queries wait already; try again later"};
  }
  REFOLD_CHECK(ensure_thread());
  queue_.push_back(request);
  changed_.notify_all();
  const bool done =
      answered_.wait_until(lock, deadline, [&] { return request->answer.has_value(); });
  if (done) return std::move(*request->answer);
  request->abandoned = true;
  return Error{Errc::timeout,
               request->what + (request->begun ? " did not answer in time, and is still running"
                                               : " did not begin in time: others were before it")};
}

Result<void> QueryThread::ensure_thread() {
  if (serving_) return ok();
  try {
    thread_ = std::thread([this] { serve(); });
  } catch (const std::system_error& error) {
    return Error{Errc::io, std::string("cannot start a thread: ") + error.what()};
  }
  serving_ = true;
  return ok();
}

void QueryThread::serve() {
  QuerySetup setup;
  {
    const std::lock_guard lock(mutex_);
    setup = *setup_;
  }
  std::unique_ptr<Answerer> answerer = make_(std::move(setup));
  std::unique_lock lock(mutex_);
  while (!closing_ || !queue_.empty()) {
    if (queue_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const std::shared_ptr<Request> request = queue_.front();
    queue_.pop_front();
    if (request->abandoned) continue;
    request->begun = true;
    lock.unlock();
    Answer found = request->work(*answerer);
    lock.lock();
    request->answer = std::move(found);
    answered_.notify_all();
  }
  lock.unlock();
  answerer.reset();
  lock.lock();
  serving_ = false;
  // Under the lock: whoever waits may destroy this as soon as it is released.
  answered_.notify_all();
}

bool QueryThread::close(Deadline deadline) {
  std::unique_lock lock(mutex_);
  closing_ = true;
  changed_.notify_all();
  if (!answered_.wait_until(lock, deadline, [this] { return !serving_; })) return false;
  lock.unlock();
  if (thread_.joinable()) thread_.join();
  lock.lock();
  setup_.reset();
  return true;
}

}  // namespace refold::projection
