#include "core/isolation/answerer_in_process.h"

#include <utility>

#include "core/projection/json_text.h"

namespace refold::isolation {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds look_time{50};
/// What a process has for its end when nobody asks it any more.
constexpr milliseconds exit_time_max{1'000};
constexpr int nobody_wakes = -1;

}  // namespace

AnswererInProcess::AnswererInProcess(projection::QuerySetup setup, const ProcessOptions& options)
    : setup_(std::move(setup)), options_(options) {}

AnswererInProcess::~AnswererInProcess() {
  if (!worker_) return;
  worker_->send(Kind::stop);
  const auto deadline = Clock::now() + exit_time_max;
  const Worker::Take taking = [this](const Frame& frame) { return take(frame); };
  while (worker_->turn(look_time, nobody_wakes, taking)) {
    if (Clock::now() >= deadline) break;
  }
  (void)worker_->finish();
}

Result<void> AnswererInProcess::prepare() {
  REFOLD_CHECK(ask("an instance for queries", Kind::prepare, {}));
  return ok();
}

Result<std::string> AnswererInProcess::run(std::uint32_t query,
                                           const std::vector<std::string>& arguments) {
  const std::string what = projection::query_title(*setup_.code, query);
  REFOLD_TRY(Texts texts, ask(what, Kind::query, encode(QueryRequest{query, arguments})));
  if (texts.size() != 1) return Error{Errc::invalid, what + ": it has sent no answer"};
  if (auto good = projection::check_json(texts.front()); good.has_error()) {
    return within(what, std::move(good).error());
  }
  return std::move(texts.front());
}

Result<std::vector<std::string>> AnswererInProcess::rows(const projection::RowRequest& request) {
  REFOLD_TRY(Texts texts, ask("rows", Kind::rows, encode(request)));
  const std::size_t rows = texts.size() - (request.tell_next && !texts.empty() ? 1 : 0);
  for (std::size_t at = 0; at < rows; ++at) {
    if (auto good = projection::check_json(texts[at]); good.has_error()) {
      return within("rows", std::move(good).error());
    }
  }
  return texts;
}

Result<Texts> AnswererInProcess::ask(const std::string& what, Kind kind, ByteView content) {
  REFOLD_CHECK(ensure_worker());
  worker_->send(kind, content);
  const auto deadline = Clock::now() + options_.query_time_max;
  const Worker::Take taking = [this](const Frame& frame) { return take(frame); };
  bool late = false;
  while (worker_->turn(look_time, nobody_wakes, taking)) {
    if (answer_) return *std::exchange(answer_, std::nullopt);
    if (Clock::now() < deadline) continue;
    late = true;
    worker_->condemn("hung for " + plugin::seconds_text(options_.query_time_max));
  }
  return no_answer(what, late);
}

/// One that has ended since it was asked last says nothing about the next question.
Result<void> AnswererInProcess::ensure_worker() {
  const Worker::Take taking = [this](const Frame& frame) { return take(frame); };
  if (worker_ && !worker_->turn(milliseconds(0), nobody_wakes, taking)) {
    (void)worker_->finish();
    worker_.reset();
  }
  answer_.reset();
  refused_.reset();
  if (worker_) return ok();
  REFOLD_TRY(worker_, Worker::start(options_.runner, "answer",
                                    {options_.memory_bytes_max, answer_bytes_max}));
  worker_->send(Kind::answer,
                encode(code_order(*setup_.code, setup_.name, setup_.values, *setup_.view)));
  return ok();
}

bool AnswererInProcess::take(const Frame& frame) {
  if (frame.kind == Kind::answered) return !answer_ && decode(frame.content, answer_);
  if (frame.kind == Kind::refused) return decode(frame.content, refused_.emplace());
  Line line;
  if (frame.kind != Kind::line || !decode(frame.content, line)) return false;
  if (setup_.sink) setup_.sink(setup_.name, line.level, line.text);
  return true;
}

Error AnswererInProcess::no_answer(const std::string& what, bool late) {
  const Ending ending = worker_->finish();
  worker_.reset();
  if (refused_) return within(what, *std::exchange(refused_, std::nullopt));
  if (!ending.greeted) {
    return {Errc::io, what + ": the program that runs plugins is no refold-runner of this release" +
                          ending.last_words};
  }
  // Not the fault of who asks: the next question finds another process.
  return {late ? Errc::timeout : Errc::closed, what + ": it " + ending.what + ending.last_words};
}

}  // namespace refold::isolation
