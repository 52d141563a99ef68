#include <algorithm>
#include <thread>

#include "core/base/json_writer.h"
#include "core/server/query_call.h"
#include "core/server/routes.h"

namespace refold::server {

namespace {

/// Long work: the answer is the job that does it.
Route work(std::string path, std::string summary) {
  Route route{.method = "POST", .path = std::move(path), .summary = std::move(summary)};
  route.access = Access::admin;
  route.lane = "admin";
  route.status = 202;
  route.refusals = {404, 503};
  return route;
}

Result<net::Response> started(const RouteContext& context, const Call& call,
                              const std::string& what, Jobs::Work work) {
  REFOLD_TRY(const JobPointer job,
             context.server.jobs().start(what, call.request.peer, std::move(work)));
  return json_response(job_json(job->status()));
}

Result<std::string> verify_projection(projection::Supervisor& supervisor, Job& job) {
  REFOLD_TRY(const projection::ProjectionStatus status, supervisor.status());
  const projection::GenerationStatus* const now = status.current();
  job.progress("rebuild", 0, now == nullptr ? 0 : now->progress.seq);
  REFOLD_TRY(const projection::VerifyReport report, supervisor.verify(&job.stop(), &job.counter()));
  if (!report.equal) return Error{Errc::corrupt, report.said};
  return report.said;
}

constexpr std::chrono::milliseconds replay_look_time{200};

/// Until what is built is there, or does not go on. A cancelled job drops it, but not at a stop: it
/// goes on at the next start.
Result<std::string> replay_projection(const RouteContext& context,
                                      projection::Supervisor& supervisor,
                                      const projection::ReplayRequest& request, Job& job) {
  REFOLD_TRY(const projection::Done begun, supervisor.replay(request));
  job.print(begun.said + "\n");
  const std::uint64_t number = supervisor.record().next - 1;
  for (;;) {
    REFOLD_TRY(const projection::ProjectionStatus status, supervisor.status());
    const auto one = std::find_if(
        status.generations.begin(), status.generations.end(),
        [&](const projection::GenerationStatus& each) { return each.record.number == number; });
    const std::string title =
        "generation " + std::to_string(number) + " of '" + status.record.name + "'";
    if (one == status.generations.end()) return Error{Errc::closed, title + " was dropped"};
    if (one->refused) return *one->refused;
    if (one->record.failure) return Error{Errc::unsupported, one->record.failure->message};
    const log::Seq goal = std::min(status.log_last, one->record.until);
    const bool built = one->record.state == projection::State::detached
                           ? one->progress.seq >= one->record.until
                           : one->record.state != projection::State::building;
    if (built) {
      return title + " is " + std::string(name(one->record.state)) + " at seq " +
             std::to_string(one->progress.seq);
    }
    job.progress("replay", one->progress.seq, goal);
    if (job.cancelled()) {
      if (!context.server.stopping()) REFOLD_CHECK(supervisor.cancel());
      return Error{Errc::closed, title + " is not built to its end"};
    }
    std::this_thread::sleep_for(replay_look_time);
  }
}

Result<std::string> verify_log(const log::WitnessLog& log, Job& job) {
  REFOLD_TRY(const log::Seq last, log.last());
  log::Seq checked = 0;
  REFOLD_CHECK(log.verify([&](log::Seq seq) {
    checked = seq;
    job.progress("verify", seq, last);
    return !job.cancelled();
  }));
  return std::to_string(checked) + " events checked";
}

Result<index::Recorder*> recorder_of(const Services& services) {
  if (services.recorder != nullptr) return services.recorder;
  return Error{Errc::unsupported, "this engine only reads its log"};
}

void add_log_work(std::vector<Route>& routes, const RouteContextPointer& context) {
  Route verify = work("/admin/log/verify", "Recompute every checksum, CID and digest: a job");
  verify.answer = [context](const Call& call) {
    return started(*context, call, "log verify",
                   [&log = context->services.log](Job& job) { return verify_log(log, job); });
  };
  routes.push_back(std::move(verify));

  Route seal = work("/admin/log/seal", "Turn the tail into segments, now: a job");
  seal.answer = [context](const Call& call) -> Result<net::Response> {
    REFOLD_TRY(index::Recorder* const recorder, recorder_of(context->services));
    return started(*context, call, "log seal", [recorder](Job&) -> Result<std::string> {
      REFOLD_TRY(const std::uint64_t sealed, recorder->seal());
      return "sealed " + std::to_string(sealed) + " events";
    });
  };
  routes.push_back(std::move(seal));

  Route redact = work("/admin/log/redact",
                      "Erase the content of a record, a collection or an account, for good: a job");
  redact.parameters = {{.name = "did", .description = "the account", .required = true},
                       {.name = "collection", .description = "only this collection"},
                       {.name = "rkey", .description = "only this record"}};
  redact.answer = [context](const Call& call) -> Result<net::Response> {
    REFOLD_TRY(index::Recorder* const recorder, recorder_of(context->services));
    index::Recorder::Redaction what{std::string(*call.text("did")), {}, {}};
    if (const auto collection = call.text("collection")) what.collection = *collection;
    if (const auto rkey = call.text("rkey")) what.rkey = *rkey;
    if (what.rkey && !what.collection) {
      return invalid("the parameter rkey: a record key is of a collection, which is missing");
    }
    return started(
        *context, call, "log redact " + what.did, [recorder, what](Job&) -> Result<std::string> {
          REFOLD_TRY(const auto outcome, recorder->redact(what));
          return "erased the content of " + std::to_string(outcome.erased) + " events; appended " +
                 std::to_string(outcome.tombstones) + " tombstones";
        });
  };
  routes.push_back(std::move(redact));
}

}  // namespace

void add_work_routes(std::vector<Route>& routes, const RouteContextPointer& context) {
  Route verify = work("/admin/projections/{projection}/verify",
                      "Rebuild it beside itself, and compare every row: a job");
  verify.answer = [context](const Call& call) -> Result<net::Response> {
    const std::string& name = call.place("projection");
    REFOLD_TRY(const auto supervisor, context->services.projections.find(name));
    return started(*context, call, "projection verify " + name,
                   [supervisor](Job& job) { return verify_projection(*supervisor, job); });
  };
  routes.push_back(std::move(verify));

  Route replay = work("/admin/projections/{projection}/replay",
                      "Build it anew from the log, beside the current generation, and promote "
                      "that: a job");
  replay.parameters = {
      {.name = "hold", .kind = ValueKind::flag, .description = "stop before the promotion"},
      {.name = "collection",
       .description = "try it on this collection only: a generation to look at",
       .repeated = true},
      {.name = "did", .description = "try it on this account only, likewise", .repeated = true}};
  replay.answer = [context](const Call& call) -> Result<net::Response> {
    const std::string& name = call.place("projection");
    REFOLD_TRY(const auto supervisor, context->services.projections.find(name));
    projection::ReplayRequest request;
    request.hold = call.flag("hold");
    request.slice.collections = call.all("collection");
    request.slice.dids = call.all("did");
    if (request.hold && !request.slice.everything()) {
      return invalid("the parameter hold: a replay of a slice never takes anybody's place");
    }
    return started(*context, call, "projection replay " + name,
                   [context, supervisor, request](Job& job) {
                     return replay_projection(*context, *supervisor, request, job);
                   });
  };
  routes.push_back(std::move(replay));
  add_log_work(routes, context);
}

}  // namespace refold::server
