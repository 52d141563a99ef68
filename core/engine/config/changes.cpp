#include "core/engine/config/changes.h"

#include <algorithm>

#include "core/engine/config/keys.h"

namespace refold::engine {
namespace {

template <class Of>
const Of* named(const std::vector<Of>& all, const std::string& name) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Of& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

/// "url: \"wss://a\" -> \"wss://b\"; ..." of what is different.
template <class Of>
std::string differences(const std::vector<Key<Of>>& keys, const Of& before, const Of& now) {
  std::string out;
  for (const auto& key : keys) {
    const std::string from = key.show(before);
    const std::string to = key.show(now);
    if (from == to) continue;
    out.append(out.empty() ? "" : "; ").append(key.name).append(": ");
    out.append(from).append(" -> ").append(to);
  }
  return out;
}

template <class Of>
void compare_elements(const std::string& of, const std::vector<Key<Of>>& keys,
                      const std::vector<Of>& before, const std::vector<Of>& now,
                      const ConfigChange& removed, std::vector<ConfigChange>& found) {
  for (const Of& one : before) {
    const Of* const other = named(now, one.name);
    const std::string key = of + "." + one.name;
    if (other == nullptr) {
      found.push_back({key, removed.applies, removed.sentence});
    } else if (!(*other == one)) {
      found.push_back({key, Applies::at_once, differences(keys, one, *other)});
    }
  }
  for (const Of& one : now) {
    if (named(before, one.name) == nullptr) {
      found.push_back({of + "." + one.name, Applies::at_once, "added"});
    }
  }
}

}  // namespace

std::vector<ConfigChange> changes(const Config& before, const Config& now) {
  std::vector<ConfigChange> found;
  for (const auto& key : config_keys()) {
    std::string from = key.show(before);
    const std::string to = key.show(now);
    if (from == to) continue;
    found.push_back({key.name, key.applies, key.secret ? "another one" : from.append(" -> ") + to});
  }
  compare_elements("source", source_keys(), before.sources, now.sources,
                   {{}, Applies::at_once, "removed; its cursor stays in the log"}, found);
  compare_elements("projection", projection_keys(), before.projections, now.projections,
                   {{},
                    Applies::command,
                    "no longer in the configuration; it goes on until 'refold plugin unload' "
                    "removes it and its rows"},
                   found);
  return found;
}

Config with_changes(const Config& before, const Config& now) {
  Config next = now;
  for (const auto& key : config_keys()) {
    if (key.applies == Applies::restart) key.copy(next, before);
  }
  return next;
}

}  // namespace refold::engine
