#include "tests/bench/log/context.h"

#include <algorithm>

namespace refold::bench {

std::vector<Contender> LogBench::in_turn(std::vector<Contender> contenders) const {
  if (reversed()) std::reverse(contenders.begin(), contenders.end());
  return contenders;
}

Result<double> append_all(LogBench& bench, Store& store, std::size_t batch_events) {
  Stopwatch watch;
  std::vector<log::Event> batch;
  bench.events().seek(1);
  for (;;) {
    bench.events().next(batch_events, batch);
    if (batch.empty()) return watch.seconds();
    store.take(batch);
    watch.start();
    REFOLD_CHECK(store.append());
    watch.stop();
  }
}

Result<void> check_digest(std::string_view contender, const FieldsDigest& found,
                          const FieldsDigest& expected) {
  if (found.value() == expected.value() && found.events() == expected.events()) return ok();
  return Error{Errc::corrupt,
               std::string(contender) +
                   " gives back other events than were put in: " + std::to_string(found.events()) +
                   " of " + std::to_string(expected.events()) + " events, or fields that differ"};
}

}  // namespace refold::bench
