#include "core/cli/signals.h"

#include <csignal>

#include "core/cli/console.h"

namespace refold::cli {

namespace {

volatile std::sig_atomic_t interruption_requested = 0;

void request(int /*signal*/) { interruption_requested = 1; }

void handle(int signal, void (*handler)(int), int flags) noexcept {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  (void)sigaction(signal, &action, nullptr);
}

}  // namespace

void ignore_closed_pipes() noexcept { handle(SIGPIPE, SIG_IGN, 0); }

void listen_to_signals() noexcept {
  interruption_requested = 0;
  // SA_RESTART: the writer thread, which may be the one that is hit, must not notice.
  const int once = static_cast<int>(SA_RESETHAND | SA_RESTART);
  handle(SIGINT, request, once);
  handle(SIGTERM, request, once);
}

void stop_listening_to_signals() noexcept {
  handle(SIGINT, SIG_DFL, 0);
  handle(SIGTERM, SIG_DFL, 0);
}

bool signal_came() noexcept { return interruption_requested != 0; }

Interruption::Interruption() { console().listen(); }

Interruption::~Interruption() { console().listen_no_more(); }

bool Interruption::requested() { return console().interrupted(); }

}  // namespace refold::cli
