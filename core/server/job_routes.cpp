#include <charconv>

#include "core/atproto/quote.h"
#include "core/base/json_writer.h"
#include "core/server/routes.h"
#include "core/server/statuses.h"

namespace refold::server {

namespace {

constexpr std::chrono::milliseconds look_time{200};

Result<JobPointer> job_of(Server& server, const Call& call) {
  const std::string& text = call.place("job");
  std::uint64_t id = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), id);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) {
    return invalid(atproto::quoted(text) + " is not the number of a job");
  }
  return server.jobs().find(id);
}

/// One line at each change, until it has ended.
void follow(Server& server, const Call& call, Reply& reply) {
  const auto job = job_of(server, call);
  if (job.has_error()) return reply.send(error_response(job.error()));
  JobStatus status = (*job)->status();
  const auto stream =
      reply.stream({200, "application/x-ndjson", {}, job_json(status) + "\n"});
  while (status.state == JobState::running && !server.stopping()) {
    if (stream->wait_gone(std::chrono::milliseconds(0))) return;
    JobStatus now = (*job)->changed(status.version, look_time);
    const bool changed = now.version != status.version || now.done != status.done;
    if (changed && !stream->write(job_json(now) + "\n")) return;
    status = std::move(now);
  }
}

Route of_jobs(std::string method, std::string path, std::string summary) {
  Route route{
      .method = std::move(method), .path = std::move(path), .summary = std::move(summary)};
  route.access = Access::admin;
  route.refusals = {404};
  return route;
}

}  // namespace

void add_job_routes(std::vector<Route>& routes, const RouteContextPointer& context) {
  Server& server = context->server;
  Route list = of_jobs("GET", "/admin/jobs", "Long work: what runs, and what has ended lately");
  list.answer = [&server](const Call&) -> Result<net::Response> {
    std::string out;
    JsonWriter json(out);
    json.open('{').key("jobs").open('[');
    for (const JobStatus& one : server.jobs().list()) json.value() += job_json(one);
    json.close(']').close('}');
    return json_response(std::move(out));
  };
  routes.push_back(std::move(list));

  Route one = of_jobs("GET", "/admin/jobs/{job}", "One job");
  one.answer = [&server](const Call& call) -> Result<net::Response> {
    REFOLD_TRY(const JobPointer job, job_of(server, call));
    return json_response(job_json(job->status()));
  };
  routes.push_back(std::move(one));

  Route lines = of_jobs("GET", "/admin/jobs/{job}/follow",
                        "One job at each change, a JSON object a line, until it has ended");
  lines.gives = "application/x-ndjson";
  lines.stream = [&server](const Call& call, Reply& reply) { follow(server, call, reply); };
  routes.push_back(std::move(lines));

  Route cancel = of_jobs("POST", "/admin/jobs/{job}/cancel", "Ask a job to end early");
  cancel.answer = [&server](const Call& call) -> Result<net::Response> {
    REFOLD_TRY(const JobPointer job, job_of(server, call));
    job->cancel();
    return json_response(job_json(job->status()));
  };
  routes.push_back(std::move(cancel));
}

}  // namespace refold::server
