#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/index/recorder.h"
#include "core/projection/projections.h"
#include "core/server/askers.h"
#include "core/server/command_channel.h"
#include "core/server/jobs.h"
#include "core/server/lanes.h"
#include "core/server/request_counts.h"
#include "core/server/router.h"
#include "core/server/seq_waiters.h"

namespace refold::server {

/// What the server speaks for. All of it outlives the server; the functions may be empty, and are
/// called on any thread.
struct Services {
  log::WitnessLog& log;
  projection::Projections& projections;
  index::Recorder* recorder = nullptr;  ///< null: seal and redact are refused
  /// Why the engine is not ready, in sentences: a source that waits, a full disk.
  std::function<std::vector<std::string>()> not_ready{};
  /// What should be known and is no reason not to be ready: a source has lost events.
  std::function<std::vector<std::string>()> notes{};
  std::function<std::string()> metrics{};         ///< more of them, in Prometheus' text format
  std::function<Result<std::string>()> reload{};  ///< says what has changed
  std::function<void()> stop{};                   ///< begins to stop the engine; does not wait
  RunCommand run_command{};                       ///< a command of `refold`, in this process
};

/// A query that is answered below /xrpc/.
struct XrpcQuery {
  std::string nsid;
  std::string projection;
  std::string query;
};

struct ServerOptions {
  RouterOptions router{};
  std::vector<XrpcQuery> xrpc{};
  std::chrono::milliseconds query_time{10'000};     ///< that a question has, with its turn
  std::chrono::milliseconds wait_time{10'000};      ///< for min_seq, if there is no timeout
  std::chrono::milliseconds wait_time_max{60'000};  ///< that timeout may say
};

/// Whatever waits here has a connection: all of this together is less than there may be of those.
struct ServerLimits {
  std::size_t asking_max = 512;  ///< who wait for answers of one projection
  Lanes::Limits lanes{};         ///< of everything else, which runs no plugin
  std::size_t waiters_max = 2'048;
  std::size_t streams_max = 64;   ///< followers over HTTP, at one time
  std::size_t commands_max = 64;  ///< commands, and what else comes over the control socket
  Jobs::Limits jobs{};
};

/// Everything that a running engine answers, to programs and to its own command line, as requests
/// and replies that know of no socket. Any thread.
///
/// What cannot block is answered on the thread that asks. Reads of the log go over `Lanes`, a
/// stream or a command has a thread of its own, and who waits for a seq or for a query has none.
class Server {
 public:
  Server(Services services, ServerOptions options, const ServerLimits& limits = {});
  /// stop()
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Answers, now or later.
  void handle(net::Request request, ReplyPointer reply);
  /// Takes other options; requests under way go on with the old ones.
  void configure(ServerOptions options);
  /// Ends streams and jobs, and refuses what comes (503). Idempotent; the destructor waits.
  void stop();

  [[nodiscard]] bool stopping() const noexcept { return stopping_; }
  [[nodiscard]] Jobs& jobs() noexcept { return jobs_; }
  [[nodiscard]] CommandChannels& commands() noexcept { return commands_; }
  [[nodiscard]] const SeqWaiters& waiters() const noexcept { return waiters_; }
  [[nodiscard]] const RequestCounts& counts() const noexcept { return counts_; }
  /// All routes, as an OpenAPI document.
  [[nodiscard]] std::string openapi() const;

 private:
  using RouterPointer = std::shared_ptr<const Router>;

  [[nodiscard]] RouterPointer router() const;
  [[nodiscard]] RouterPointer make_router(const ServerOptions& options);
  void run(const RouterPointer& router, const Route& route, const CallPointer& call,
           const ReplyPointer& reply);
  void ask(const Route& route, const Call& call, const ReplyPointer& reply);
  void perform(const RouterPointer& router, const Route& route, const CallPointer& call,
               const ReplyPointer& reply);
  void start_stream(const RouterPointer& router, const Route& route, const CallPointer& call,
                    const ReplyPointer& reply);

  Services services_;
  std::atomic<bool> stopping_{false};
  RequestCounts counts_;
  mutable std::mutex router_mutex_;
  ServerOptions options_;
  RouterPointer router_;
  Jobs jobs_;
  CommandChannels commands_;
  Threads streams_;
  Threads command_threads_;  ///< of their own: nobody outside keeps the operator out
  Lanes lanes_;
  Askers askers_;
  SeqWaiters waiters_;  ///< the last: hands on to the lanes
};

}  // namespace refold::server
