#include "core/ingest/backfill/backfill.h"

#include <algorithm>

#include "core/atproto/quote.h"
#include "core/atproto/syntax.h"

namespace refold::ingest {

namespace {

/// Behind the first one, for a large repo is no reason to wait with the others.
constexpr std::size_t pages_max = 8;

Result<net::Url> base_url(const std::string& option, const std::string& text) {
  REFOLD_TRY(net::Url url, net::Url::parse(text));
  if (url.scheme != "https" && url.scheme != "http")
    return invalid(option + " is not a URL of https or http: " + atproto::quoted(text));
  return url;
}

Result<void> check_names(const BackfillOptions& options) {
  for (const std::string& did : options.dids) {
    if (!atproto::valid_did(did)) return invalid(atproto::quoted(did) + " is no DID (did:plc:...)");
  }
  if (options.dids.empty() && options.host.empty())
    return invalid("nothing is named: neither DIDs nor the host that lists them");
  if (options.parallel == 0 || options.parallel > backfill_parallel_max) {
    return invalid("repos at a time: 1 to " + std::to_string(backfill_parallel_max) + ", not " +
                   std::to_string(options.parallel));
  }
  return ok();
}

/// What makes two backfills the same one.
std::string description(const BackfillOptions& options) {
  std::string text = options.host.empty() ? "documents" : options.host;
  const auto add_sorted = [&](std::vector<std::string> names) {
    std::sort(names.begin(), names.end());
    text += '\n';
    for (const std::string& name : names) text += name + ' ';
  };
  add_sorted(options.collections);
  add_sorted(options.dids);
  return text;
}

}  // namespace

Result<std::unique_ptr<Backfill>> Backfill::start(index::Recorder& recorder,
                                                  BackfillOptions options) {
  REFOLD_CHECK(check_names(options));
  net::Url host;
  net::Url plc;
  if (options.host.empty()) {
    REFOLD_TRY(plc, base_url("the PLC directory", options.plc));
  } else {
    REFOLD_TRY(host, base_url("the host", options.host));
    options.host = host.origin();
  }
  std::optional<log::Matcher> wanted;
  if (!options.collections.empty()) {
    log::Filter filter;
    filter.collections = options.collections;
    REFOLD_TRY(wanted, log::Matcher::make(std::move(filter)));
  }
  REFOLD_TRY(BackfillProgress progress,
             BackfillProgress::open(options.folder, description(options), options.again));
  return std::unique_ptr<Backfill>(new Backfill(recorder, std::move(options), std::move(progress),
                                                std::move(host), std::move(plc),
                                                std::move(wanted)));
}

Backfill::Backfill(index::Recorder& recorder, BackfillOptions options, BackfillProgress progress,
                   net::Url host, net::Url plc, std::optional<log::Matcher> wanted)
    : recorder_(recorder),
      options_(std::move(options)),
      host_(std::move(host)),
      wanted_(std::move(wanted)),
      asker_(runtime_, options_.asker, stop_.get_token()),
      finder_(asker_, std::move(plc), options_.asker.peer.private_addresses),
      progress_(std::move(progress)) {
  status_.before = status_.listed = progress_.done() + progress_.failed();
  running_ = options_.parallel + 1;
  threads_.emplace_back([this] {
    list_all();
    leave();
  });
  for (std::size_t number = 0; number < options_.parallel; ++number) {
    threads_.emplace_back([this, number] {
      work(number);
      leave();
    });
  }
}

Backfill::~Backfill() {
  stop();
  for (std::thread& thread : threads_) thread.join();
}

void Backfill::stop() { stop_.request_stop(); }

bool Backfill::wait(std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, at_most, [&] { return running_ == 0; });
}

BackfillStatus Backfill::status() const {
  const std::lock_guard lock(mutex_);
  BackfillStatus now = status_;
  now.done = progress_.done();
  now.failed = progress_.failed();
  now.faults = progress_.counts();
  now.all_listed = listed_all_;
  now.bytes = asker_.bytes();
  return now;
}

std::optional<Error> Backfill::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

std::vector<RepoFault> Backfill::faults() const {
  const std::lock_guard lock(mutex_);
  return progress_.faults();
}

void Backfill::leave() {
  const std::lock_guard lock(mutex_);
  if (--running_ == 0) {
    const bool complete = listed_all_ && pages_.empty();
    if (!trouble_ && !complete) trouble_ = Error{Errc::closed, "it was stopped"};
    if (!trouble_) progress_.finish();
  }
  changed_.notify_all();
}

void Backfill::fail(Error error) {
  {
    const std::lock_guard lock(mutex_);
    if (!trouble_) trouble_ = std::move(error);
  }
  stop();
}

std::unique_ptr<RepoListing> Backfill::listing(Spool& spool) {
  if (!options_.dids.empty()) return std::make_unique<NamedRepos>(options_.dids);
  // A list by collection knows no patterns.
  const bool plain = std::all_of(options_.collections.begin(), options_.collections.end(),
                                 [](const std::string& one) { return atproto::valid_nsid(one); });
  return std::make_unique<HostedRepos>(asker_, spool, host_,
                                       plain ? options_.collections : std::vector<std::string>{});
}

void Backfill::list_all() {
  Spool spool(options_.folder / "page.part");
  const auto repos = listing(spool);
  std::string position = progress_.position();
  for (;;) {
    auto page = repos->page(position);
    if (page.has_error()) {
      const bool stopped = page.error().fault == Fault::stopped;
      return stopped ? stop() : fail({Errc::io, std::move(page).error().message});
    }
    position = page->next;
    const bool last = page->last;
    if (!take_page(std::move(*page))) return;
    if (!last) continue;
    const std::lock_guard lock(mutex_);
    listed_all_ = true;
    changed_.notify_all();
    return;
  }
}

bool Backfill::take_page(RepoPage page) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, stop_.get_token(), [&] { return pages_.size() < pages_max; });
  if (stop_.stop_requested()) return false;
  status_.unusable += page.unusable;
  pages_.push_back({std::move(page.next), page.last, {}, page.repos.size()});
  const PagePosition here = std::prev(pages_.end());
  Result<void> kept = ok();
  for (RepoPage::Repo& repo : page.repos) {
    here->dids.push_back(repo.did);
    if (progress_.is_settled(repo.did)) {
      --here->left;
      continue;
    }
    ++status_.listed;
    if (!repo.inactive) {
      tasks_.push_back({std::move(repo.did), here});
    } else if (!kept.has_error()) {
      --here->left;
      kept =
          progress_.add_fault({repo.did, repo.inactive->fault, std::move(repo.inactive->message)});
    }
  }
  if (!kept.has_error()) kept = pass_settled_pages();
  changed_.notify_all();
  lock.unlock();
  if (!kept.has_error()) return true;
  fail(std::move(kept).error());
  return false;
}

Result<void> Backfill::pass_settled_pages() {
  while (!pages_.empty() && pages_.front().left == 0) {
    // Behind the last one is the beginning.
    const Page& page = pages_.front();
    if (!page.last) REFOLD_CHECK(progress_.reach(page.next, page.dids));
    pages_.pop_front();
  }
  return ok();
}

}  // namespace refold::ingest
