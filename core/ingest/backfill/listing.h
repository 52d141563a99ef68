#pragma once

#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/ingest/backfill/asker.h"
#include "core/net/url.h"

namespace refold::ingest {

/// Some of the repos that are to be fetched.
struct RepoPage {
  struct Repo {
    std::string did;
    std::optional<FetchError> inactive{};  ///< the host says that it has nothing to give
  };
  std::vector<Repo> repos;
  std::uint64_t unusable = 0;  ///< entries that name no DID
  std::string next;            ///< where the page after it begins
  bool last = false;
};

/// The repos that are to be fetched, page by page. A position is a text of its own, "" the
/// beginning, and may be kept and used by another process. One thread.
class RepoListing {
 public:
  RepoListing() = default;
  virtual ~RepoListing() = default;
  RepoListing(const RepoListing&) = delete;
  RepoListing& operator=(const RepoListing&) = delete;
  [[nodiscard]] virtual Fetched<RepoPage> page(const std::string& position) = 0;
};

/// Named ones. Each is listed once.
class NamedRepos final : public RepoListing {
 public:
  static constexpr std::size_t page_repos = 500;
  explicit NamedRepos(std::vector<std::string> dids);
  [[nodiscard]] Fetched<RepoPage> page(const std::string& position) override;

 private:
  std::vector<std::string> dids_;
};

/// All that a host has: com.atproto.sync.listRepos; or those with records of some collections:
/// listReposByCollection, if the host serves that. A host that goes round in circles, or on and on
/// without a repo, is found out: Fault::bad_answer.
class HostedRepos final : public RepoListing {
 public:
  static constexpr std::size_t page_bytes_max = Spool::memory_bytes_max;
  static constexpr unsigned fruitless_pages_max = 50;
  static constexpr std::size_t listed_max = 500'000;  ///< DIDs that are remembered
  /// `collections`: NSIDs; empty: all repos. The asker and the spool outlive it.
  HostedRepos(Asker& asker, Spool& spool, net::Url host, std::vector<std::string> collections);
  [[nodiscard]] Fetched<RepoPage> page(const std::string& position) override;

 private:
  Fetched<RepoPage> ask(std::size_t collection, const std::string& cursor);
  /// Takes out what was listed lately.
  Fetched<void> check_progress(RepoPage& page);

  Asker& asker_;
  Spool& spool_;
  const net::Url host_;
  std::vector<std::string> collections_;
  std::unordered_set<std::uint64_t> seen_;    ///< digests of positions
  std::unordered_set<std::uint64_t> listed_;  ///< digests of DIDs
  unsigned fruitless_ = 0;
};

/// The URL of a query at a host.
[[nodiscard]] net::Url xrpc_url(const net::Url& host, std::string_view method);

}  // namespace refold::ingest
