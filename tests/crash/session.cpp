#include "tests/crash/session.h"

#include <algorithm>
#include <cerrno>

#include "tests/crash/options.h"

namespace refold::crash {

Result<Session> Session::open(const std::filesystem::path& data, Traffic traffic, int ack_fd) {
  REFOLD_TRY(auto recorder, index::Recorder::open(data, small_options()));
  Session session(std::move(recorder), traffic, ack_fd);
  REFOLD_CHECK(session.tell({.kind = Ack::opened}));
  return session;
}

Result<void> Session::tell(Ack ack) {
  if (!send(ack_fd_, ack)) return system_error("write to the test", errno);
  return ok();
}

Result<void> Session::tell(std::size_t left) {
  while (under_way_.size() > left) {
    auto done = under_way_.front().outcome.get();
    const std::uint64_t number = under_way_.front().number;
    under_way_.pop_front();
    if (done.has_error()) {
      run_ = std::make_shared<index::Run>();
      return std::move(done).error();
    }
    REFOLD_CHECK(tell({Ack::recorded, number, 0, done->last, traffic_.digest(number)}));
  }
  return ok();
}

Result<void> Session::submit(std::uint64_t number, bool again) {
  REFOLD_CHECK(tell(under_way_max - 1));
  index::DraftBatch batch = traffic_.batch(number);
  batch.run = run_;
  if (again) batch.extras.cursors.clear();
  under_way_.push_back({number, recorder_->submit(std::move(batch))});
  return ok();
}

Result<void> Session::record(std::uint64_t number) {
  REFOLD_CHECK(submit(number));
  return drain();
}

Result<void> Session::redact(std::uint64_t number) {
  REFOLD_CHECK(drain());
  const index::DraftBatch batch = traffic_.fresh(number);
  const auto draft = std::find_if(batch.drafts.begin(), batch.drafts.end(), [](const auto& each) {
    return each.kind == log::Kind::create && !refused(each) && !each.record.empty();
  });
  if (draft == batch.drafts.end()) return ok();
  index::Recorder::Redaction what;
  what.did = draft->did;
  what.collection = draft->collection;
  what.rkey = draft->rkey;
  auto redacted = recorder_->redact(what);
  if (redacted.has_error()) return std::move(redacted).error();
  REFOLD_TRY(const log::Seq last, recorder_->log().last());
  const auto place = static_cast<std::uint64_t>(draft - batch.drafts.begin());
  return tell({Ack::redacted, number, place, last, 0});
}

Result<void> Session::seal() {
  REFOLD_TRY(const std::uint64_t sealed, recorder_->seal());
  return sealed > 0 ? tell({.kind = Ack::sealed, .number = sealed}) : ok();
}

Result<void> Session::reindex() {
  REFOLD_CHECK(drain());
  REFOLD_CHECK(recorder_->reindex());
  return tell({.kind = Ack::reindexed});
}

}  // namespace refold::crash
