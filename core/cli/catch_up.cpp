#include "core/cli/catch_up.h"

#include <algorithm>
#include <map>
#include <thread>

#include "core/cli/complaint.h"
#include "core/cli/progress.h"
#include "core/cli/signals.h"
#include "core/cli/text.h"

namespace refold::cli {

using projection::Folding;
using projection::GenerationStatus;
using projection::ProjectionStatus;
using projection::State;

namespace {

using Clock = std::chrono::steady_clock;

/// Short at first, because most logs of most commands are short.
constexpr std::chrono::milliseconds first_pause{1};
constexpr std::chrono::milliseconds longest_pause{50};
/// How long a call of the plugin's takes before it is told of, and how long it is waited for after
/// an interruption until then.
constexpr std::chrono::seconds hang_told_after{10};
constexpr std::chrono::seconds stop_told_after{1};

std::string title(const std::string& projection, std::uint64_t generation) {
  return "generation " + std::to_string(generation) + " of '" + projection + "'";
}

class Chase {
 public:
  Chase(ProjectionSession& session, projection::Supervisor& supervisor, const CatchUp& how)
      : session_(session), supervisor_(supervisor), how_(how) {}

  Result<Caught> run() {
    REFOLD_TRY(caught_.status, supervisor_.status());
    caught_.goal = how_.seq == 0 ? caught_.status.log_last : how_.seq;
    remember_start();
    const Interruption interruption;
    // What is up to date needs no instance of the plugin.
    if (is_any_due()) session_.fold(supervisor_, how_.folding);
    REFOLD_CHECK(watch());
    if (caught_.end != Caught::End::done && !session_.in_engine()) REFOLD_CHECK(stop());
    caught_.goes_on = session_.in_engine();
    progress_.clear();
    session_.lines().print();
    caught_.seconds = std::chrono::duration<double>(Clock::now() - began_).count();
    caught_.events = done();
    if (!caught_.trouble) note_failures();
    return std::move(caught_);
  }

 private:
  [[nodiscard]] log::Seq goal_of(const GenerationStatus& one) const {
    return std::min(caught_.goal, one.record.until);
  }

  /// Whether there is still something to wait for.
  [[nodiscard]] bool is_due(const GenerationStatus& one) const {
    if (how_.folding == Folding::current && one.record.number != caught_.status.record.current) {
      return false;
    }
    if (one.refused || one.record.failure || !one.open) return false;
    if (one.record.state == State::building && how_.seq == 0) return true;
    return one.record.state != State::retired && one.progress.seq < goal_of(one);
  }

  [[nodiscard]] bool is_any_due() const {
    const auto& all = caught_.status.generations;
    return std::any_of(all.begin(), all.end(), [&](const auto& one) { return is_due(one); });
  }

  void remember_start() {
    caught_.generation = caught_.status.record.current;
    for (const GenerationStatus& one : caught_.status.generations) {
      const std::uint64_t number = one.record.number;
      if (one.record.failure) failed_before_.push_back(number);
      if (!is_due(one)) continue;
      started_[number] = one.progress.seq;
      if (goal_of(one) > one.progress.seq) total_ += goal_of(one) - one.progress.seq;
      caught_.generation = std::max(caught_.generation, number);
    }
  }

  Result<void> watch() {
    for (auto pause = first_pause;; pause = std::min(2 * pause, longest_pause)) {
      if (!is_any_due()) return ok();
      if (caught_.status.record.paused) {
        caught_.trouble = Error{Errc::unsupported,
                                "'" + name() + "' is paused: refold projection resume " + name()};
        return ok();
      }
      if (Interruption::requested()) {
        caught_.end = Caught::End::interrupted;
        return ok();
      }
      if (Clock::now() >= how_.deadline) {
        caught_.end = Caught::End::late;
        return ok();
      }
      show();
      std::this_thread::sleep_for(pause);
      REFOLD_TRY(caught_.status, supervisor_.status());
    }
  }

  /// Returns when what was folded is committed: what is said of it then is so.
  Result<void> stop() {
    supervisor_.fold(Folding::nothing);
    const auto since = Clock::now();
    for (bool told = false;;) {
      const auto& all = caught_.status.generations;
      if (std::all_of(all.begin(), all.end(), [](const GenerationStatus& one) {
            return has_ended(one.progress.activity);
          })) {
        return ok();
      }
      if (!told && Clock::now() - since >= stop_told_after) {
        told = true;
        progress_.clear();
        complain("waiting for '" + name() + "' to stop at the end of a batch\n" +
                 (Interruption::requested() ? "A second Ctrl-C" : "Ctrl-C, twice,") +
                 " ends this command at once; what is committed stays.");
      }
      std::this_thread::sleep_for(first_pause);
      REFOLD_TRY(caught_.status, supervisor_.status());
    }
  }

  void show() {
    for (const GenerationStatus& one : caught_.status.generations) {
      tell_of_hang(one);
      const std::string& why = one.progress.why;
      if (why.empty() || told_[one.record.number] == why) continue;
      told_[one.record.number] = why;
      progress_.clear();
      complain(title(name(), one.record.number) + " waits: " + why +
               "\nIt goes on by itself; Ctrl-C ends this command and loses nothing.");
    }
    if (session_.lines().waiting()) {
      progress_.clear();
      session_.lines().print();
    }
    const std::uint64_t events = done();
    progress_.update(name(), events, total_, events);
  }

  /// A call that does not return is told of once.
  void tell_of_hang(const GenerationStatus& one) {
    const projection::Progress& progress = one.progress;
    if (std::chrono::microseconds(progress.calling_us) < hang_told_after) return;
    const auto [told, is_first] = hung_.try_emplace(one.record.number, progress.seq);
    if (!is_first && told->second == progress.seq) return;
    told->second = progress.seq;
    progress_.clear();
    complain(title(name(), one.record.number) + ": the plugin's " +
             std::string(projection::name(progress.calling)) + " has been running for " +
             std::to_string(progress.calling_us / 1'000'000) + " s, after seq " +
             std::to_string(progress.seq) +
             "\nIf it never returns, press Ctrl-C twice: what is committed stays.");
  }

  [[nodiscard]] std::uint64_t done() const {
    std::uint64_t events = 0;
    for (const GenerationStatus& one : caught_.status.generations) {
      const auto start = started_.find(one.record.number);
      if (start == started_.end() || one.progress.seq < start->second) continue;
      events += one.progress.seq - start->second;
    }
    return events;
  }

  void note_failures() {
    for (const GenerationStatus& one : caught_.status.generations) {
      const bool before = std::find(failed_before_.begin(), failed_before_.end(),
                                    one.record.number) != failed_before_.end();
      if (one.record.failure && !before) caught_.trouble = failure_text(name(), one.record);
    }
  }

  [[nodiscard]] const std::string& name() const { return caught_.status.record.name; }

  ProjectionSession& session_;
  projection::Supervisor& supervisor_;
  const CatchUp& how_;
  Clock::time_point began_ = Clock::now();
  Caught caught_;
  std::map<std::uint64_t, log::Seq> started_;  ///< where each generation was at first
  std::vector<std::uint64_t> failed_before_;   ///< generations
  std::map<std::uint64_t, std::string> told_;  ///< why each generation waits
  std::map<std::uint64_t, log::Seq> hung_;     ///< where each was last said to hang
  std::uint64_t total_ = 0;                    ///< events to fold
  Progress progress_{"events"};
};

}  // namespace

const GenerationStatus* Caught::subject() const noexcept {
  for (const GenerationStatus& one : status.generations) {
    if (one.record.number == generation) return &one;
  }
  return nullptr;
}

Result<Caught> catch_up(ProjectionSession& session, projection::Supervisor& supervisor,
                        const CatchUp& how) {
  return Chase(session, supervisor, how).run();
}

Error failure_text(const std::string& projection, const projection::GenerationRecord& generation) {
  const projection::Failure& failure = *generation.failure;
  std::string text = title(projection, generation.number) + " has failed";
  if (failure.seq != 0) text += " at seq " + std::to_string(failure.seq);
  if (!failure.uri.empty()) text += " (" + escaped(failure.uri) + ")";
  text += ": " + failure.message;
  if (failure.seq != 0) {
    text += "\nIt holds the effect of all events before that one, and stays there until:";
    text += "\nrefold projection retry " + projection;
    text += "\nrefold projection skip " + projection + " " + std::to_string(failure.seq);
    text += "\nrefold plugin upgrade " + projection + " LIBRARY";
  }
  return {Errc::unsupported, std::move(text)};
}

}  // namespace refold::cli
