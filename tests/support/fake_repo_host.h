#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/net/http_server.h"
#include "tests/support/drafts.h"
#include "tests/support/repo_builder.h"

namespace refold::testing {

/// A repo as CAR: `records` are texts by path.
inline std::string repo_car(std::string_view did, std::uint64_t revision,
                            const std::map<std::string, std::string>& records) {
  CarBuilder blocks;
  RepoKeys keys;
  for (const auto& [path, text] : records) {
    keys.emplace(path, blocks.add(record_of(path.substr(0, path.find('/')), text)));
  }
  const auto tree = add_tree(keys, blocks);
  const auto commit = blocks.add(commit_block(did, atproto::to_text(rev(revision)), tree));
  return std::string(text_of(blocks.car(commit)));
}

inline net::Response xrpc_error(unsigned status, const std::string& name) {
  return {status,
          "application/json",
          {},
          R"({"error":")" + name + R"(","message":"as the test wants it"})"};
}

/// What repos are fetched from: listRepos, listReposByCollection, getRepo, and the documents of a
/// PLC directory. On loopback.
class FakeRepoHost {
 public:
  /// Answers before the host does, or not at all.
  using Instead = std::function<std::optional<net::Response>(const net::Request& request)>;

  explicit FakeRepoHost(Instead instead = {}) : instead_(std::move(instead)) {
    auto started = net::HttpServer::start(
        runtime_, net::TcpEndpoint{},
        [this](const net::Request& request, const net::Responder& responder) {
          responder.send(answer(request));
        });
    if (started.has_error()) throw std::runtime_error(started.error().message);
    server_ = std::move(*started);
  }
  ~FakeRepoHost() { server_->stop(std::chrono::milliseconds(0)); }
  FakeRepoHost(const FakeRepoHost&) = delete;
  FakeRepoHost& operator=(const FakeRepoHost&) = delete;

  void put(const std::string& did, std::string car) {
    const std::lock_guard lock(mutex_);
    repos_[did] = std::move(car);
  }
  /// A DID document.
  void put_document(const std::string& did, std::string json) {
    const std::lock_guard lock(mutex_);
    documents_[did] = std::move(json);
  }
  /// It serves lists by collection, of what the records' paths begin with.
  void put_collection(const std::string& collection, std::vector<std::string> dids) {
    const std::lock_guard lock(mutex_);
    collections_[collection] = std::move(dids);
  }
  /// The getRepo requests so far: their DIDs.
  [[nodiscard]] std::vector<std::string> fetched() const {
    const std::lock_guard lock(mutex_);
    return fetched_;
  }
  [[nodiscard]] std::vector<std::string> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  void forget() {
    const std::lock_guard lock(mutex_);
    fetched_.clear();
    asked_.clear();
  }
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(server_->port());
  }
  std::size_t page_repos = 2;

 private:
  net::Response answer(const net::Request& request) {
    if (instead_) {
      if (auto other = instead_(request)) return std::move(*other);
    }
    const std::lock_guard lock(mutex_);
    asked_.push_back(request.path);
    const auto parameter = [&](std::string_view name) {
      return std::string(request.parameter(name).value_or(""));
    };
    if (request.path == "/xrpc/com.atproto.sync.getRepo") {
      fetched_.push_back(parameter("did"));
      const auto found = repos_.find(parameter("did"));
      if (found == repos_.end()) return xrpc_error(400, "RepoNotFound");
      return {200, "application/vnd.ipld.car", {}, found->second};
    }
    if (request.path == "/xrpc/com.atproto.sync.listRepos") {
      std::vector<std::string> dids;
      for (const auto& [did, car] : repos_) dids.push_back(did);
      return page_of(dids, parameter("cursor"));
    }
    if (request.path == "/xrpc/com.atproto.sync.listReposByCollection") {
      if (collections_.empty()) return xrpc_error(400, "MethodNotImplemented");
      return page_of(collections_[parameter("collection")], parameter("cursor"));
    }
    const auto document = documents_.find(request.path.substr(1));
    if (document == documents_.end()) return xrpc_error(404, "NotFound");
    return {200, "application/did+ld+json", {}, document->second};
  }
  [[nodiscard]] net::Response page_of(const std::vector<std::string>& dids,
                                      const std::string& cursor) const {
    const std::size_t first = cursor.empty() ? 0 : std::stoul(cursor);
    const std::size_t last = std::min(first + page_repos, dids.size());
    std::string list;
    for (std::size_t at = first; at < last; ++at)
      list += (list.empty() ? "" : ",") + (R"({"did":")" + dids[at] + "\"}");
    const std::string next =
        last < dids.size() ? R"("cursor":")" + std::to_string(last) + "\"," : "";
    return {200, "application/json", {}, "{" + next + R"("repos":[)" + list + "]}"};
  }

  Instead instead_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> repos_;
  std::map<std::string, std::string> documents_;
  std::map<std::string, std::vector<std::string>> collections_;
  std::vector<std::string> fetched_;
  std::vector<std::string> asked_;
  net::Runtime runtime_;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace refold::testing
