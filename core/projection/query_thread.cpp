#include "core/projection/query_thread.h"

#include <system_error>
#include <utility>

namespace refold::projection {
namespace {

constexpr std::size_t queue_max = 1'024;

/// A thread that waits for its answer.
class BlockedAsker final : public Asker {
 public:
  using Answer = Result<std::vector<std::string>>;

  bool wanted() override {
    const std::lock_guard lock(mutex_);
    begun_ = true;
    return !left_;
  }
  void answer(Answer texts) override {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(texts);
    answered_.notify_all();
  }

  Answer wait(const std::string& what, Queries::Deadline deadline) {
    std::unique_lock lock(mutex_);
    if (answered_.wait_until(lock, deadline, [this] { return answer_.has_value(); })) {
      return std::move(*answer_);
    }
    left_ = true;
    return late_answer(what, begun_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable answered_;
  std::optional<Answer> answer_;
  bool begun_ = false;
  bool left_ = false;
};

auto query_work(std::uint32_t query, std::vector<std::string> arguments) {
  return [query, arguments =
                     std::move(arguments)](Answerer& answerer) -> Result<std::vector<std::string>> {
    REFOLD_TRY(std::string answer, answerer.run(query, arguments));
    return std::vector<std::string>{std::move(answer)};
  };
}

auto rows_work(RowRequest request) {
  return [request = std::move(request)](Answerer& answerer) { return answerer.rows(request); };
}

}  // namespace

Error late_answer(const std::string& what, bool begun) {
  return {Errc::timeout, what + (begun ? " did not answer in time, and is still running"
                                       : " did not begin in time: others were before it")};
}

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

std::string QueryThread::title_of(std::uint32_t query) {
  const std::lock_guard lock(mutex_);
  return setup_ ? query_title(*setup_->code, query) : "a query";
}

Result<std::string> QueryThread::run(std::uint32_t query, std::vector<std::string> arguments,
                                     Deadline deadline) {
  REFOLD_TRY(auto answer, ask(title_of(query), query_work(query, std::move(arguments)), deadline));
  return std::move(answer.front());
}

Result<void> QueryThread::run_for(AskerPointer asker, std::uint32_t query,
                                  std::vector<std::string> arguments) {
  return ask_for("a query", query_work(query, std::move(arguments)), std::move(asker));
}

Result<std::vector<std::string>> QueryThread::rows(RowRequest request, Deadline deadline) {
  return ask("rows", rows_work(std::move(request)), deadline);
}

Result<void> QueryThread::rows_for(AskerPointer asker, RowRequest request) {
  return ask_for("rows", rows_work(std::move(request)), std::move(asker));
}

QueryThread::Answer QueryThread::ask(const std::string& what, Work work, Deadline deadline) {
  const auto asker = std::make_shared<BlockedAsker>();
  REFOLD_CHECK(ask_for(what, std::move(work), asker));
  return asker->wait(what, deadline);
}

Result<void> QueryThread::ask_for(const std::string& what, Work work, AskerPointer asker) {
  const std::lock_guard lock(mutex_);
  if (closing_) return Error{Errc::closed, what + ": this generation is closed"};
  if (queue_.size() >= queue_max) {
    return Error{Errc::busy, what + ": " + std::to_string(queue_max) +
                                 " queries wait already; try again later"};
  }
  REFOLD_CHECK(ensure_thread());
  queue_.push_back({std::move(work), std::move(asker)});
  changed_.notify_one();
  return ok();
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
    Request request = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    if (request.asker->wanted()) request.asker->answer(request.work(*answerer));
    request = {};  // what it holds goes before the lock is taken
    lock.lock();
  }
  lock.unlock();
  answerer.reset();
  lock.lock();
  serving_ = false;
  // Under the lock: whoever waits may destroy this as soon as it is released.
  ended_.notify_all();
}

bool QueryThread::close(Deadline deadline) {
  std::unique_lock lock(mutex_);
  closing_ = true;
  changed_.notify_all();
  if (!ended_.wait_until(lock, deadline, [this] { return !serving_; })) return false;
  lock.unlock();
  if (thread_.joinable()) thread_.join();
  lock.lock();
  setup_.reset();
  return true;
}

}  // namespace refold::projection
