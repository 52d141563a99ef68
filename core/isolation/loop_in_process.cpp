#include "core/isolation/loop_in_process.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <utility>

#include "core/base/clock.h"
#include "core/projection/event_uri.h"

namespace refold::isolation {
namespace {

using projection::Activity;
using projection::Call;
using projection::Control;
using projection::LoopSetup;
using std::chrono::milliseconds;

/// Not the plugin's fault, and may pass.
bool passes(Errc code) {
  return code == Errc::busy || code == Errc::io || code == Errc::no_space || code == Errc::closed ||
         code == Errc::timeout;
}

/// All processes of one run, and what is learned from their ends.
class Attempts {
 public:
  Attempts(const ProcessOptions& options, const LoopSetup& setup, Control& control, int woken)
      : options_(options), setup_(setup), control_(control), woken_(woken) {}

  void run() {
    while (!control_.stopping()) {
      const LoopEnd end = LoopProcess(options_, setup_, control_, woken_).run(suspects_);
      if (end.told) {
        if (!end.ending.well) warn(said(end) + " after its loop had ended");
        return;
      }
      if (control_.stopping()) break;
      if (!go_on_after(end)) return;
    }
    control_.is(Activity::stopped);
  }

 private:
  /// False: the projection has failed.
  bool go_on_after(const LoopEnd& end) {
    if (end.refused) {
      if (!passes(end.refused->code)) return fail(0, end.refused->message);
      return rest(Activity::stalled, end.refused->message);
    }
    if (!end.ending.greeted) {
      return rest(Activity::stalled,
                  "the program that runs plugins is no refold-runner of this "
                  "release" +
                      end.ending.last_words);
    }
    const auto checkpoint = setup_.view->checkpoint();
    if (checkpoint.has_error()) return rest(Activity::stalled, checkpoint.error().message);
    return go_on_after(end, checkpoint->seq);
  }

  bool go_on_after(const LoopEnd& end, log::Seq committed) {
    const std::string sentence = said(end);
    const auto& [function, first, last, running] = end.call;
    const bool applying = function == Call::Function::apply && committed < first && first <= last;
    const bool alone = applying && first == last && committed + 1 == first;
    const bool suspected = suspects_.first <= first && last <= suspects_.last;
    if (alone && suspected && !end.ending.by_others) return fail(first, sentence);
    if (committed > committed_) ends_ = rests_ = 0;
    committed_ = committed;
    suspects_ = applying ? projection::Suspects{first, last} : projection::Suspects{};
    if (++ends_ > options_.ends_max) return fail(alone ? first : 0, sentence);
    warn(sentence + "; it is started again");
    return rest(Activity::retrying, sentence);
  }

  static std::string said(const LoopEnd& end) {
    return "it " + end.ending.what +
           (end.call.function == Call::Function::none
                ? std::string()
                : " in " + std::string(name(end.call.function))) +
           end.ending.last_words;
  }

  void warn(const std::string& line) const {
    if (setup_.sink) setup_.sink(setup_.name, REFOLD_WARNING, line);
  }

  bool rest(Activity activity, const std::string& why) {
    const auto times = 1 << std::min(rests_++, 16U);
    control_.is(activity, why);
    control_.sleep(std::min(options_.restart_pause_max, options_.restart_pause * times));
    return true;
  }

  bool fail(log::Seq seq, const std::string& why) {
    projection::Failure failure;
    failure.seq = seq;
    log::Page page;
    if (seq != 0 && setup_.log->get(seq, page).has_value()) {
      failure.uri = projection::uri_of(page.events.front());
    }
    failure.message = why;
    failure.version = setup_.code->version;
    failure.at_us = now_us();
    control_.failed(std::move(failure));
    return false;
  }

  const ProcessOptions& options_;
  const LoopSetup& setup_;
  Control& control_;
  int woken_;

  projection::Suspects suspects_;
  log::Seq committed_ = 0;  ///< at the last end
  unsigned ends_ = 0;       ///< since something was committed
  unsigned rests_ = 0;      ///< likewise
};

}  // namespace

LoopInProcess::LoopInProcess(const ProcessOptions& options)
    : options_(options), woken_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void LoopInProcess::run(LoopSetup setup, Control& control) {
  Attempts(options_, setup, control, woken_.get()).run();
}

void LoopInProcess::wake() { (void)::eventfd_write(woken_.get(), 1); }

}  // namespace refold::isolation
