#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "core/projection/answerer.h"

namespace refold::projection {

/// Answers one query after the other on a thread of its own, which is started by the first.
class QueryThread : public Queries {
 public:
  /// Called on that thread.
  using MakeAnswerer = std::function<std::unique_ptr<Answerer>(QuerySetup setup)>;

  QueryThread(QuerySetup setup, MakeAnswerer make);
  /// Closes it, and waits for as long as that takes.
  ~QueryThread() override;
  QueryThread(const QueryThread&) = delete;
  QueryThread& operator=(const QueryThread&) = delete;

  [[nodiscard]] Result<void> prepare(Deadline deadline) override;
  [[nodiscard]] Result<std::string> run(std::uint32_t query, std::vector<std::string> arguments,
                                        Deadline deadline) override;
  [[nodiscard]] Result<std::vector<std::string>> rows(RowRequest request,
                                                      Deadline deadline) override;
  [[nodiscard]] Result<void> run_for(AskerPointer asker, std::uint32_t query,
                                     std::vector<std::string> arguments) override;
  [[nodiscard]] Result<void> rows_for(AskerPointer asker, RowRequest request) override;
  [[nodiscard]] bool close(Deadline deadline) override;

 private:
  using Answer = Result<std::vector<std::string>>;
  using Work = std::function<Answer(Answerer& answerer)>;
  struct Request {
    Work work;
    AskerPointer asker;
  };

  [[nodiscard]] std::string title_of(std::uint32_t query);
  [[nodiscard]] Answer ask(const std::string& what, Work work, Deadline deadline);
  [[nodiscard]] Result<void> ask_for(const std::string& what, Work work, AskerPointer asker);
  [[nodiscard]] Result<void> ensure_thread();
  void serve();

  std::mutex mutex_;
  std::condition_variable changed_;  ///< for the thread
  std::condition_variable ended_;
  std::optional<QuerySetup> setup_;  ///< none: closed
  MakeAnswerer make_;
  std::deque<Request> queue_;
  bool closing_ = false;
  bool serving_ = false;
  std::thread thread_;
};

}  // namespace refold::projection
