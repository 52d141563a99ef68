#include "tests/crash/fault_sweep.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <optional>
#include <string>

#include "tests/crash/checker.h"
#include "tests/crash/options.h"
#include "tests/crash/power_shim.h"
#include "tests/crash/session.h"
#include "tests/support/temp_folder.h"

namespace refold::crash {
namespace {

namespace fs = std::filesystem;

/// The functions of the shim that is loaded.
struct Shim {
  decltype(&power_shim_fail) fail = nullptr;
  decltype(&power_shim_heal) heal = nullptr;
  decltype(&power_shim_calls) calls = nullptr;
  decltype(&power_shim_failed_call) failed_call = nullptr;

  static Result<Shim> find() {
    Shim shim;
    shim.fail = reinterpret_cast<decltype(fail)>(dlsym(RTLD_DEFAULT, "power_shim_fail"));
    shim.heal = reinterpret_cast<decltype(heal)>(dlsym(RTLD_DEFAULT, "power_shim_heal"));
    shim.calls = reinterpret_cast<decltype(calls)>(dlsym(RTLD_DEFAULT, "power_shim_calls"));
    shim.failed_call =
        reinterpret_cast<decltype(failed_call)>(dlsym(RTLD_DEFAULT, "power_shim_failed_call"));
    if (shim.fail == nullptr || shim.failed_call == nullptr) {
      return Error{Errc::unsupported, "the shim is not loaded"};
    }
    return shim;
  }
};

struct Form {
  int error;
  int mode;
  std::string_view name;
};
constexpr Form forms[] = {
    {EIO, power_shim_once, "EIO, once"},
    {ENOSPC, power_shim_until_told, "ENOSPC, until told"},
    {EIO, power_shim_until_told | power_shim_applied, "EIO, until told, done in memory"},
    {EIO, power_shim_once | power_shim_applied, "EIO, once, done in memory"},
};

/// What may fail without anybody being told, because it is done again: the index is behind on
/// purpose, and the content of the writer's lock is for people.
bool may_be_silent(std::string_view call) {
  return call.find("/index/") != std::string_view::npos ||
         call.find("/writer.lock") != std::string_view::npos;
}

struct Counts {
  long calls = 0;
  long injected = 0;
  long reported = 0;
  std::map<std::string, long> silent;
};

/// One run of the scenario, with one failure.
class Run {
 public:
  Run(const FaultSweep& sweep, const Shim& shim, const Form& form)
      : sweep_(sweep), shim_(shim), form_(form), data_(sweep.scratch / "data") {
    ack_fd_ = memfd_create("acks", 0);
  }
  ~Run() { ::close(ack_fd_); }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  /// Returns false if there was no call to fail any more.
  Result<bool> fail(long nth, Checker& checker, const std::vector<Ack>& before, Counts& counts) {
    fs::remove_all(data_);
    fs::copy(sweep_.prepared, data_, fs::copy_options::recursive);
    shim_.fail(nth, form_.error, form_.mode);
    auto done = scenario();
    session_.reset();
    counts.calls = shim_.calls();
    const long injected = shim_.heal();
    const std::string failed_call = shim_.failed_call();
    if (done.has_error()) return within(failed_call, std::move(done).error());
    counts.injected += injected;
    counts.reported += reported_;
    if (injected > 0 && reported_ == 0) {
      if (!may_be_silent(failed_call)) {
        return Error{Errc::io, "nobody was told that this failed: " + failed_call};
      }
      ++counts.silent[fs::path(failed_call).filename()];
    }
    Bytes bytes(sizeof(Ack) * acks_max);
    const ssize_t size = ::pread(ack_fd_, bytes.data(), bytes.size(), 0);
    bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    std::vector<Ack> acks = before;
    for (const Ack& ack : acks_in(bytes)) acks.push_back(ack);
    auto found = checker.check(data_, acks);
    if (found.has_error()) return within(failed_call, std::move(found).error());
    return injected > 0;
  }

 private:
  static constexpr std::size_t acks_max = 100;
  static constexpr int attempts_max = 20;

  Result<void> scenario() {
    const Traffic traffic(sweep_.seed, script_drafts);
    const std::uint64_t number = script_first;
    const auto opened = attempt([&]() -> Result<void> {
      REFOLD_TRY(session_, Session::open(data_, traffic, ack_fd_));
      return ok();
    });
    REFOLD_CHECK(opened);
    REFOLD_CHECK(attempt([&] { return session_->record(number); }));
    REFOLD_CHECK(attempt([&] { return session_->record(number + 1); }));
    const auto flushed = attempt([&]() -> Result<void> {
      auto digest = session_->recorder().index_digest();
      return digest.has_value() ? ok() : Result<void>(std::move(digest).error());
    });
    REFOLD_CHECK(flushed);
    REFOLD_CHECK(attempt([&] { return session_->seal(); }));
    REFOLD_CHECK(attempt([&] { return session_->record(number + 2); }));
    REFOLD_CHECK(attempt([&] { return session_->redact(number - 300); }));
    REFOLD_CHECK(attempt([&] { return session_->record(number + 3); }));
    REFOLD_CHECK(attempt([&] { return session_->reindex(); }));
    return attempt([&] { return session_->record(number + 4); });
  }

  template <class F>
  Result<void> attempt(F what) {
    for (int attempts = 0;; ++attempts) {
      Result<void> done = what();
      if (done.has_value()) return ok();
      ++reported_;
      REFOLD_CHECK(complete(done.error()));
      if ((form_.mode & power_shim_until_told) != 0 && attempts > 0) heal();
      if (attempts == attempts_max) {
        return within("it does not go on after the cause is gone", std::move(done).error());
      }
    }
  }

  /// The first call counts are kept: only the failing ends.
  void heal() { (void)shim_.heal(); }

  Result<void> complete(const Error& error) const {
    const bool file = error.message.find(data_.native()) != std::string::npos;
    const bool cause = error.message.find(std::strerror(form_.error)) != std::string::npos;
    const bool code = error.code == (form_.error == ENOSPC ? Errc::no_space : Errc::io);
    if (file && cause && code) return ok();
    return Error{Errc::invalid, "this error (" + std::string(name(error.code)) +
                                    ") does not say which file and why: " + error.message};
  }

  const FaultSweep& sweep_;
  const Shim& shim_;
  const Form& form_;
  fs::path data_;
  int ack_fd_;
  std::optional<Session> session_;
  long reported_ = 0;
};

}  // namespace

Result<void> sweep_faults(const FaultSweep& sweep) {
  REFOLD_TRY(const Shim shim, Shim::find());
  const std::string content = testing::content_of(sweep.prepared.native() + ".acks");
  const auto before = acks_in(bytes_of(content));
  Checker checker{Traffic(sweep.seed, script_drafts)};
  Counts counts;
  long calls = 0;
  for (std::uint64_t pass = 0; pass < sweep.passes; ++pass) {
    for (long nth = 1;; ++nth) {
      const Form& form = forms[(static_cast<std::uint64_t>(nth) + pass) % std::size(forms)];
      Run run(sweep, shim, form);
      auto more = run.fail(nth, checker, before, counts);
      if (more.has_error()) {
        return within("call " + std::to_string(nth) + " (" + std::string(form.name) + ")",
                      std::move(more).error());
      }
      if (!*more) break;
      ++calls;
    }
  }
  std::printf("%ld runs, %ld calls failed, %ld errors reported, silent:", calls, counts.injected,
              counts.reported);
  for (const auto& [file, count] : counts.silent) {
    std::printf(" %s %ld", file.c_str(), count);
  }
  std::printf("\n");
  return ok();
}

}  // namespace refold::crash
