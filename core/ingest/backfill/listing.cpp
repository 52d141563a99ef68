#include "core/ingest/backfill/listing.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>

#include "core/atproto/quote.h"
#include "core/atproto/syntax.h"
#include "core/base/digest.h"

namespace refold::ingest {

using simdjson::dom::element;

namespace {

constexpr std::size_t cursor_bytes_max = 4'096;
constexpr const char* asked_repos = "1000";
/// Where the position of a listing without a collection begins; else it is the collection's number.
constexpr std::size_t all_repos = SIZE_MAX;

FetchError bad_page(const net::Url& host, const std::string& what) {
  return {Fault::bad_answer, "the list of repos of " + host.authority() + " " + what};
}

std::size_t number_of(std::string_view text) {
  std::size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::optional<FetchError> inactive_of(const element& repo) {
  bool active = true;
  if (repo["active"].get(active) != simdjson::SUCCESS || active) return std::nullopt;
  std::string_view status;
  if (repo["status"].get(status) != simdjson::SUCCESS) status = "";
  Fault fault = Fault::inactive;
  if (status == "deactivated") fault = Fault::deactivated;
  if (status == "takendown") fault = Fault::taken_down;
  if (status == "suspended") fault = Fault::suspended;
  const std::string words = status.empty() ? "" : ": " + atproto::quoted(status);
  return FetchError{fault, "the host lists it as not active" + words};
}

/// The repos and the cursor ("": none) of an answer.
Fetched<std::string> read_page(const net::Url& host, ByteView body, RepoPage& page) {
  simdjson::dom::parser parser;
  element root;
  simdjson::dom::array repos;
  const std::string_view text = text_of(body);
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS)
    return bad_page(host, "is not JSON");
  if (root["repos"].get(repos) != simdjson::SUCCESS)
    return bad_page(host, "has no array \"repos\"");
  for (const element repo : repos) {
    std::string_view did;
    if (repo["did"].get(did) != simdjson::SUCCESS || !atproto::valid_did(did)) {
      ++page.unusable;
      continue;
    }
    page.repos.push_back({std::string(did), inactive_of(repo)});
  }
  std::string_view cursor;
  if (root["cursor"].get(cursor) != simdjson::SUCCESS) cursor = "";
  if (cursor.size() > cursor_bytes_max)
    return bad_page(host, "has a cursor of " + std::to_string(cursor.size()) + " bytes");
  return std::string(cursor);
}

}  // namespace

net::Url xrpc_url(const net::Url& host, std::string_view method) {
  net::Url url = host;
  url.target = "/xrpc/" + std::string(method);
  return url;
}

NamedRepos::NamedRepos(std::vector<std::string> dids) : dids_(std::move(dids)) {
  std::sort(dids_.begin(), dids_.end());
  dids_.erase(std::unique(dids_.begin(), dids_.end()), dids_.end());
}

Fetched<RepoPage> NamedRepos::page(const std::string& position) {
  const std::size_t first = std::min(number_of(position), dids_.size());
  const std::size_t last = std::min(first + page_repos, dids_.size());
  RepoPage page;
  for (std::size_t at = first; at < last; ++at) page.repos.push_back({dids_[at]});
  page.next = std::to_string(last);
  page.last = last == dids_.size();
  return page;
}

HostedRepos::HostedRepos(Asker& asker, Spool& spool, net::Url host,
                         std::vector<std::string> collections)
    : asker_(asker), spool_(spool), host_(std::move(host)), collections_(std::move(collections)) {}

Fetched<RepoPage> HostedRepos::page(const std::string& position) {
  // "2:CURSOR": of the collection 2; ":CURSOR": of all repos.
  const std::size_t colon = position.find(':');
  const std::string cursor = colon == std::string::npos ? "" : position.substr(colon + 1);
  const bool by_collection = !collections_.empty() && colon != 0;
  const std::size_t collection = by_collection ? number_of(position) : all_repos;
  auto page = ask(collection, cursor);
  // PDSs do not serve lists by collection: then all repos are looked at.
  const bool beginning = position.empty() && by_collection;
  if (beginning && page.has_error() &&
      (page.error().fault == Fault::refused || page.error().fault == Fault::not_found)) {
    page = ask(all_repos, "");
  }
  if (page.has_value()) REFOLD_CHECK(check_progress(*page));
  return page;
}

Fetched<RepoPage> HostedRepos::ask(std::size_t collection, const std::string& cursor) {
  const bool all = collection == all_repos;
  net::Url url = xrpc_url(
      host_, all ? "com.atproto.sync.listRepos" : "com.atproto.sync.listReposByCollection");
  if (!all) {
    if (collection >= collections_.size()) return bad_page(host_, "is kept from another question");
    url = url.with_parameter("collection", collections_[collection]);
  }
  url = url.with_parameter("limit", asked_repos);
  if (!cursor.empty()) url = url.with_parameter("cursor", cursor);
  REFOLD_CHECK(asker_.get(url, page_bytes_max, spool_));
  const auto body = spool_.bytes();
  if (body.has_error()) return FetchError{Fault::failed, body.error().message};
  RepoPage page;
  REFOLD_TRY(const std::string next, read_page(host_, *body, page));
  const std::string prefix = all ? "" : std::to_string(collection);
  page.next = prefix + ":" + next;
  if (next.empty()) {
    page.last = all || collection + 1 == collections_.size();
    if (!page.last) page.next = std::to_string(collection + 1) + ":";
  } else if (next == cursor) {
    return bad_page(host_,
                    "does not go on: it gives the same cursor again, " + atproto::quoted(next));
  }
  return page;
}

Fetched<void> HostedRepos::check_progress(RepoPage& page) {
  // A repo may have several of the collections.
  if (listed_.size() > listed_max) listed_.clear();
  std::erase_if(page.repos, [&](const RepoPage::Repo& repo) {
    return !listed_.insert(checksum(bytes_of(repo.did))).second;
  });
  if (page.last) return {};
  if (!seen_.insert(checksum(bytes_of(page.next))).second)
    return bad_page(
        host_, "goes round in circles: it gives a cursor again, " + atproto::quoted(page.next));
  fruitless_ = page.repos.empty() ? fruitless_ + 1 : 0;
  if (fruitless_ > fruitless_pages_max) {
    return bad_page(host_, "goes on without anything new: " + std::to_string(fruitless_) +
                               " such pages one after the other");
  }
  return {};
}

}  // namespace refold::ingest
