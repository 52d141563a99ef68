#include "core/projection/query_thread.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "core/projection/json_text.h"
#include "core/view/snapshot.h"

namespace refold::projection {
namespace {

constexpr std::size_t queue_max = 1024;
constexpr std::size_t rows_max = 10'000;

Error no_good(const std::string& what, Instance& instance, Verdict verdict) {
  if (verdict == Verdict::storage) return within(what, instance.reason());
  return {Errc::invalid, what + ": " + instance.reason().message};
}

/// What render() has for a row, or the bytes.
Result<std::string> row_text(Instance& instance, const Code& code, const RowRequest& request,
                             ByteView key, ByteView row) {
  if (code.describe != nullptr) {
    const Verdict verdict = instance.render(request.table, key, row);
    if (verdict == Verdict::ok) {
      if (auto good = check_json(instance.host().answer()); good.has_error()) {
        return within("render()", std::move(good).error());
      }
      return std::move(instance.host().answer());
    }
    if (verdict != Verdict::none) return no_good("render()", instance, verdict);
  }
  return R"({"hex":{"key":")" + hex(key) + R"(","row":")" + hex(row) + R"("}})";
}

}  // namespace

QueryThread::QueryThread(QuerySetup setup) : setup_(std::move(setup)) {}

QueryThread::~QueryThread() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Result<void> QueryThread::prepare(Deadline deadline) {
  const auto nothing = [](Instance&, const view::View&) -> Answer {
    return std::vector<std::string>();
  };
  REFOLD_CHECK(ask("an instance for queries", nothing, deadline));
  return ok();
}

Result<std::string> QueryThread::run(std::uint32_t query, std::vector<std::string> arguments,
                                     Deadline deadline) {
  std::string what;
  {
    const std::lock_guard lock(mutex_);
    if (setup_) what = "query '" + setup_->code->info.queries[query].name + "'";
  }
  const auto work = [what, query, arguments = std::move(arguments)](
                        Instance& instance, const view::View& view) -> Answer {
    REFOLD_TRY(const view::Snapshot snapshot, view::Snapshot::open(view));
    instance.host().attach(&snapshot);
    const Verdict verdict = instance.query(query, arguments);
    instance.host().attach(static_cast<const view::Snapshot*>(nullptr));
    if (verdict != Verdict::ok) {
      Error error = no_good(what, instance, verdict);
      // What is left of it after a failure is not to be trusted.
      instance.destroy();
      return error;
    }
    if (auto good = check_json(instance.host().answer()); good.has_error()) {
      return within(what, std::move(good).error());
    }
    return std::vector<std::string>{std::move(instance.host().answer())};
  };
  REFOLD_TRY(auto answer, ask(what, work, deadline));
  return std::move(answer.front());
}

Result<std::vector<std::string>> QueryThread::rows(RowRequest request, Deadline deadline) {
  CodePointer code;
  {
    const std::lock_guard lock(mutex_);
    if (setup_) code = setup_->code;
  }
  request.count_max = std::min(request.count_max, rows_max);
  const auto work = [code, request = std::move(request)](Instance& instance,
                                                         const view::View& view) -> Answer {
    REFOLD_TRY(const view::Snapshot snapshot, view::Snapshot::open(view));
    std::vector<std::string> texts;
    std::size_t bytes = 0;
    Result<void> rendered = ok();
    if (request.count_max == 0) return texts;
    const auto visit = [&](ByteView key, ByteView row) {
      auto text = row_text(instance, *code, request, key, row);
      if (text.has_error()) {
        rendered = std::move(text).error();
        return false;
      }
      bytes += text->size();
      texts.push_back(std::move(*text));
      return texts.size() < request.count_max && bytes < REFOLD_ANSWER_MAX;
    };
    const view::Range range{request.from, request.until, request.backwards};
    if (snapshot.scan(request.table, range, visit) == view::Row::failed) return snapshot.error();
    if (rendered.has_error()) {
      instance.destroy();
      return rendered.error();
    }
    return texts;
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
  Instance instance(setup.code, setup.name, setup.values, setup.sink);
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
    Answer found = answer(*request, instance, *setup.view);
    lock.lock();
    request->answer = std::move(found);
    answered_.notify_all();
  }
  lock.unlock();
  instance.destroy();
  lock.lock();
  serving_ = false;
  // Under the lock: whoever waits may destroy this as soon as it is released.
  answered_.notify_all();
}

QueryThread::Answer QueryThread::answer(const Request& request, Instance& instance,
                                        const view::View& view) {
  if (!instance.created()) {
    const Verdict made = instance.create();
    if (made != Verdict::ok) return no_good(request.what, instance, made);
  }
  return request.work(instance, view);
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
