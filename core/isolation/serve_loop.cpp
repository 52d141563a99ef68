#include <atomic>
#include <thread>
#include <utility>

#include "core/isolation/call_page.h"
#include "core/isolation/messages.h"
#include "core/isolation/ordered_code.h"
#include "core/isolation/serve.h"
#include "core/log/witness_log.h"

namespace refold::isolation {
namespace {

using projection::Activity;

/// Has the engine told what the loop tells: there it is kept, and looked at.
class ToldControl : public projection::Control {
 public:
  ToldControl(EngineChannel& engine, CallPage& page)
      : Control(std::make_shared<projection::Watermark>(), {}), engine_(engine), page_(page) {}

  void started(log::Seq /*seq*/) override { engine_.send(Kind::started); }
  void committed(log::Seq /*seq*/) override {
    idle_ = false;
    engine_.send(Kind::committed);
  }
  void caught_up() override {
    if (!std::exchange(caught_up_, true)) engine_.send(Kind::caught_up);
  }
  void is(Activity activity, std::string why) override {
    // A loop says so each time that it waits.
    const bool was_idle = std::exchange(idle_, activity == Activity::idle);
    if (was_idle && idle_) return;
    engine_.send(Kind::is, encode(Telling{activity, std::move(why)}));
  }
  void failed(projection::Failure failure) override { engine_.send(Kind::failed, encode(failure)); }
  void verified_is_committed() override {
    Control::verified_is_committed();
    engine_.send(Kind::verified_is_committed);
  }
  [[nodiscard]] projection::CallNote& call() noexcept override { return page_.note(); }

 private:
  EngineChannel& engine_;
  CallPage& page_;
  bool caught_up_ = false;
  bool idle_ = false;
};

/// What the engine asks, for as long as this process lives.
struct Listener {
  EngineChannel& engine;
  projection::Control& control;
  const log::WitnessLog& log;
  std::atomic<bool>& yielding;

  [[noreturn]] void listen() const {
    for (;;) {
      const Frame frame = engine.receive();
      std::uint64_t number = 0;
      switch (frame.kind) {
        case Kind::stop: control.request_stop(); break;
        case Kind::verified: control.request_verified(); break;
        case Kind::yield:
          if (decode_number(frame.content, number)) yielding = number != 0;
          break;
        default: break;
      }
      log.wake();
    }
  }
};

std::shared_ptr<projection::Watch> watch_of(const FoldOrder& order, EngineChannel& engine) {
  if (!order.watches) return nullptr;
  auto watch = std::make_shared<projection::Watch>();
  watch->table = order.watched_table;
  watch->key = order.watched_key;
  watch->written = [&engine](log::Seq seq, const std::optional<ByteView>& row) {
    engine.send(Kind::written, encode(WrittenRow{seq, row}));
  };
  return watch;
}

/// All that a loop needs, and what is asked of it meanwhile.
struct Work {
  std::unique_ptr<log::WitnessLog> log;
  projection::LoopSetup setup;
  std::unique_ptr<ToldControl> control;
  std::atomic<bool> yielding{false};
};

Result<void> prepare(const FoldOrder& order, EngineChannel& engine, CallPage& page, Work& work) {
  REFOLD_TRY(work.log, log::WitnessLog::open_reader(order.log));
  REFOLD_TRY(work.setup.code, load(order.code, engine.sink()));
  REFOLD_TRY(work.setup.view,
             view::View::open_writer(order.code.view, {.map_bytes = order.code.map_bytes}));
  work.setup.log = work.log.get();
  work.setup.name = order.code.name;
  work.setup.values = order.code.values;
  work.setup.slice = order.slice;
  work.setup.skip = order.skip;
  work.setup.sink = engine.sink();
  work.setup.options = order.loop;
  work.setup.options.yield = [&work] { return work.yielding.load(); };
  work.setup.watch = watch_of(order, engine);
  work.setup.suspects = order.suspects;
  work.control = std::make_unique<ToldControl>(engine, page);
  work.control->set_until(order.until);
  if (order.verified) work.control->request_verified();
  return ok();
}

}  // namespace

Result<void> serve_loop(EngineChannel& engine, int page_descriptor) {
  REFOLD_TRY(CallPage page, CallPage::open(Descriptor(page_descriptor)));
  const Frame frame = engine.receive();
  FoldOrder order;
  if (frame.kind != Kind::fold || !decode(frame.content, order)) {
    return Error{Errc::unsupported, "the engine is of another release than its refold-runner"};
  }
  // The thread below looks at these until the process ends.
  auto* const work = new Work();
  REFOLD_CHECK(prepare(order, engine, page, *work));
  std::thread([&engine, work] {
    Listener{engine, *work->control, *work->log, work->yielding}.listen();
  }).detach();
  projection::Loop(std::exchange(work->setup, {}), *work->control).run();
  return ok();
}

}  // namespace refold::isolation
