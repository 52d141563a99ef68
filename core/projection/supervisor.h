#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/projection/comparison.h"
#include "core/projection/generation.h"
#include "core/projection/status.h"

namespace refold::projection {

struct ReplayRequest {
  bool hold = false;  ///< stop before the promotion
  Slice slice;        ///< not everything: a detached generation is built from this much
};

struct UpgradeRequest {
  CodeReference code;
  std::optional<OptionPairs> options;  ///< none: as they are
  bool hold = false;                   ///< if a new generation has to be built
};

/// One projection in operation: its generations, and what becomes of them.
///
/// The record says how things are to be; what runs is brought in line with it. A change is durable
/// in the catalog before it counts. Commands come one at a time, from any thread; a thread of its
/// own does what follows from what the loops tell: it promotes what has caught up, and keeps
/// failures. Queries and waiting go past all that, to the generation that is current.
class Supervisor {
 public:
  Supervisor(Environment& environment, ProjectionRecord record);
  /// Stops all loops at the edge of a batch, and waits for as long as that takes.
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  /// Opens the generations and has them run as the record and options.folding say.
  void start();
  /// What folds from now on, for as long as this process runs: nothing of it is kept. Whoever waits
  /// for what does not fold waits until the deadline.
  void fold(Folding what);

  // Commands. Each is done when it returns, or said so; what was so already is not an error.
  // Errors of all: `timeout` if a plugin's function does not return; `no_space`, `io` of the
  // catalog: nothing was changed.
  [[nodiscard]] Result<Done> pause();
  [[nodiscard]] Result<Done> resume();
  [[nodiscard]] Result<Done> keep_warm(bool keep);
  [[nodiscard]] Result<Done> retry();
  [[nodiscard]] Result<Done> skip(log::Seq seq);
  /// Errors: `busy` tells of the replay that is under way.
  [[nodiscard]] Result<Done> replay(const ReplayRequest& request);
  [[nodiscard]] Result<Done> cancel();
  [[nodiscard]] Result<Done> reset();
  [[nodiscard]] Result<Done> promote();
  [[nodiscard]] Result<Done> rollback();
  [[nodiscard]] Result<Done> prune();
  [[nodiscard]] Result<Done> upgrade(const UpgradeRequest& request);
  /// Stops everything and deletes it. Whoever calls anything else afterwards is told `closed`.
  [[nodiscard]] Result<void> remove();

  // Questions.
  [[nodiscard]] Result<ProjectionStatus> status();
  [[nodiscard]] ProjectionRecord record() const;
  using Deadline = std::chrono::steady_clock::time_point;
  /// Waits until queries see the effect of all events up to `seq`. Errors: `timeout`; `unsupported`
  /// if it stands still: paused, failed, refused.
  [[nodiscard]] Result<void> wait(log::Seq seq, Deadline deadline) const;
  /// How far what queries see has come, at least.
  [[nodiscard]] Result<log::Seq> applied(std::uint64_t generation) const;
  /// Adds the generations that are not at `last` to `behind`; true if one of them is on its way.
  bool list_behind(log::Seq last, std::vector<std::string>& behind) const;
  /// `generation`: 0 for the current one.
  [[nodiscard]] Result<std::string> query(const std::string& query, const OptionPairs& arguments,
                                          Deadline deadline, std::uint64_t generation) const;
  [[nodiscard]] Result<std::vector<std::string>> rows(const std::string& table, RowRequest request,
                                                      Deadline deadline,
                                                      std::uint64_t generation) const;
  /// The same for somebody who does not wait here, as Queries::run_for and rows_for.
  [[nodiscard]] Result<void> query_for(const AskerPointer& asker, const std::string& query,
                                       const OptionPairs& arguments,
                                       std::uint64_t generation) const;
  [[nodiscard]] Result<void> rows_for(const AskerPointer& asker, const std::string& table,
                                      RowRequest request, std::uint64_t generation) const;
  /// Compares the current generation with another one (0: the newest of the others), both at one
  /// seq.
  [[nodiscard]] Result<Diff> diff(std::uint64_t generation, std::size_t samples_max);
  /// Rebuilds the current generation beside it, and compares. `stop` (may be null) ends it early
  /// (`closed`); `rebuilt` (may be null) is told how far the rebuild has come, in vain if there has
  /// to be a second one. Errors: `busy` if another one is under way; why the rebuild failed.
  [[nodiscard]] Result<VerifyReport> verify(const std::atomic<bool>* stop,
                                            std::atomic<log::Seq>* rebuilt = nullptr);

 private:
  /// What queries use, as long as they take. Holds no code: that goes when it is replaced.
  struct Serving {
    std::uint64_t generation = 0;
    plugin::ProjectionInfo info;
    std::shared_ptr<Watermark> applied;
    std::shared_ptr<Queries> queries;
    std::optional<Error> refused;
  };
  using ServingPointer = std::shared_ptr<const Serving>;

  // supervisor.cpp
  void follow_the_program();
  void attend();
  void look_after();
  void changed();
  void try_again_soon();
  [[nodiscard]] Result<void> save(ProjectionRecord next);
  [[nodiscard]] const GenerationRecord* newest_retired() const;      ///< null: none
  [[nodiscard]] bool is_warm(const GenerationRecord& record) const;  ///< one of record_
  [[nodiscard]] bool has_caught_up(const GenerationRecord& record) const;
  [[nodiscard]] Result<void> look_first();
  void look();
  void promote_caught_up();
  [[nodiscard]] Generation* open(std::uint64_t number);
  [[nodiscard]] Generation& ensure_open(const GenerationRecord& record);
  void publish();
  void sweep();

  // supervisor_loops.cpp
  [[nodiscard]] bool wanted(const GenerationRecord& record, const Generation& generation) const;
  /// Brings what runs in line with the record.
  void reconcile();
  void begin(const GenerationRecord& record, Generation& generation);
  /// Takes note of how a loop has ended.
  void take_notice(Generation& generation);
  void tell_waiters(const GenerationRecord& record, const Generation& generation) const;
  [[nodiscard]] Deadline patience() const;
  [[nodiscard]] Result<void> stop(Generation& generation, Deadline deadline);
  void release();

  // supervisor_build.cpp
  [[nodiscard]] Result<std::uint64_t> build(
      GenerationRecord record, const std::function<void(ProjectionRecord&)>& also = {});
  [[nodiscard]] const GenerationRecord* under_way() const;
  [[nodiscard]] Error replay_under_way(const GenerationRecord& record) const;
  /// Takes generations out of the record and deletes them.
  [[nodiscard]] Result<void> drop(const std::vector<std::uint64_t>& numbers);
  [[nodiscard]] Result<void> stop_all(const std::vector<std::uint64_t>& numbers);
  void discard(const std::vector<std::uint64_t>& numbers);
  static void erase(const std::vector<std::uint64_t>& numbers, ProjectionRecord& record);

  // supervisor_switch.cpp
  [[nodiscard]] Result<void> finish_leftovers(Deadline deadline);
  [[nodiscard]] Result<void> meet(Generation& next, Deadline deadline);
  /// `point`: the crash point before and after the catalog is told.
  [[nodiscard]] Result<void> make_current(Generation& next, const char* point, Deadline deadline);

  // supervisor_upgrade.cpp
  [[nodiscard]] Result<Done> take_over(Generation& generation, const GenerationRecord& wanted,
                                       Generation with);
  [[nodiscard]] Result<void> prove(Generation& with, const GenerationRecord& wanted);

  // supervisor_compare.cpp
  void align(Generation& one, Generation& other);
  [[nodiscard]] Result<view::Snapshot> snapshot_of_current(
      std::uint64_t generation, Result<std::vector<view::TableStat>>& recounted);
  void mark_verified(std::uint64_t generation, const CodePointer& code);

  // supervisor_ask.cpp
  [[nodiscard]] ServingPointer serving() const;
  /// Something that answers. Errors: why nothing does.
  [[nodiscard]] Result<ServingPointer> answering(std::uint64_t generation) const;
  template <class Ask>
  [[nodiscard]] auto ask_current(std::uint64_t generation, const Ask& ask) const
      -> decltype(ask(std::declval<const Serving&>()));
  [[nodiscard]] static ServingPointer serving_of(const Generation& generation);

  [[nodiscard]] std::string title(std::uint64_t generation) const;
  [[nodiscard]] Error being_verified() const;

  Environment& environment_;
  std::string name_;

  mutable std::mutex mutex_;  ///< of all that follows, down to the next line
  ProjectionRecord record_;
  Folding folding_;
  bool unsaved_ = false;  ///< the catalog could not be told of the last changes
  std::map<std::uint64_t, Generation> open_;
  std::vector<std::shared_ptr<Queries>> leftovers_;  ///< to be closed, once their calls return
  std::vector<std::filesystem::path> trash_;  ///< views to be deleted, once nobody reads them
  bool verifying_ = false;

  mutable std::mutex serving_mutex_;
  ServingPointer serving_;

  std::mutex signal_mutex_;
  std::condition_variable signal_;
  bool signalled_ = false;
  bool ending_ = false;
  bool pending_ = false;  ///< of the own thread: there is something to try again soon
  std::thread thread_;
};

}  // namespace refold::projection
