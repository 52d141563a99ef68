// Refold inside a program: a log, a projection that is compiled in, and an answer. embed FOLDER
#include <chrono>
#include <cstdio>
#include <refold/projection.hpp>

#include "core/atproto/json.h"
#include "core/index/recorder.h"
#include "core/isolation/process_isolation.h"
#include "core/projection/projections.h"

// How many accounts show each status: a projection as in any plugin.
struct Status {
  std::string status;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(status));
  }
};

struct Moods : refold::Projection {
  static constexpr refold::Manifest manifest{
      .name = "moods", .fold = 1, .collections = {"xyz.statusphere.status"}};
  refold::Table<std::string, std::uint64_t> moods{*this, "moods"};

  void apply(const refold::RecordChange& change) {
    if (auto old = change.previous<Status>()) moods.update(old->status, [](auto& n) { --n; });
    if (auto now = change.record<Status>()) moods.update(now->status, [](auto& n) { ++n; });
  }

  std::vector<std::pair<std::string, std::uint64_t>> all() const {
    std::vector<std::pair<std::string, std::uint64_t>> found;
    moods.scan(moods.all(), [&](const std::string& status, std::uint64_t count) {
      found.emplace_back(status, count);
      return true;
    });
    return found;
  }
  refold::Query all_query{*this, "all", "how many show what", &Moods::all};
};

// In a library this is what the engine looks for; here it is handed over in run().
REFOLD_PLUGIN("1.0.0", Moods)

namespace {

using namespace refold;

constexpr const char* alice = "did:plc:6jlqryvvk2fvjkmccgifkff5";
constexpr const char* bob = "did:plc:uqhcwybhzy3hso24n5p6qbsw";

/// Adds that an account has set its status: what a source of events would do.
Result<void> set_status(index::DraftBatch& batch, std::string_view did, std::uint64_t second,
                        log::Kind kind, const std::string& status) {
  REFOLD_TRY(const Bytes record,
             atproto::cbor_from_json(R"({"$type":"xyz.statusphere.status","status":")" + status +
                                     R"(","createdAt":"2026-01-31T12:00:00Z"})"));
  index::Draft draft;
  draft.kind = kind;
  draft.did = did;
  draft.collection = "xyz.statusphere.status";
  draft.rkey = "self";
  draft.rev = atproto::make_tid(1'769'860'800'000'000 + second * 1'000'000, 1);
  draft.cid = atproto::cid_of(record);
  draft.record = batch.arena.copy(ByteView(record));
  batch.drafts.push_back(draft);
  return ok();
}

Result<void> run(const std::filesystem::path& folder) {
  // The log: one process writes it. What is recorded twice is known, and appended once.
  REFOLD_TRY(const auto recorder, index::Recorder::open(folder));

  // Where they run: code that is compiled in, in threads of this program; a library, as a rule, in
  // a process of its own (refold-runner beside this program), or where request.terms says. Without
  // this, libraries would run in threads too.
  isolation::ProcessIsolation isolation;

  // The projections over it: from here on each one folds what comes, by itself.
  projection::ProjectionsOptions options;
  options.built_in = {&refold_plugin};
  options.isolation = &isolation;
  REFOLD_TRY(const auto projections, projection::Projections::open(recorder->log(), options));
  projection::LoadRequest request;
  request.plugin = "embed";
  REFOLD_TRY(const projection::Done done, projections->load(request));
  std::printf("%s\n", done.said.c_str());

  index::DraftBatch batch;
  batch.source = "example";
  REFOLD_CHECK(set_status(batch, alice, 1, log::Kind::create, "happy"));
  REFOLD_CHECK(set_status(batch, bob, 2, log::Kind::create, "happy"));
  REFOLD_CHECK(set_status(batch, alice, 3, log::Kind::update, "tired"));
  REFOLD_TRY(const index::Outcome outcome, recorder->record(std::move(batch)));
  std::printf("%llu events appended\n", static_cast<unsigned long long>(outcome.appended));

  // Reading what one has written: wait for its seq, then ask.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  REFOLD_TRY(const auto moods, projections->find("moods"));
  REFOLD_CHECK(moods->wait(outcome.last, deadline));
  REFOLD_TRY(const std::string answer, moods->query("all", {}, deadline, 0));
  std::printf("%s\n", answer.c_str());
  return ok();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: embed FOLDER\n");
    return 2;
  }
  const auto done = run(argv[1]);
  if (done.has_error()) std::fprintf(stderr, "embed: %s\n", done.error().message.c_str());
  return done.has_error() ? 1 : 0;
}
