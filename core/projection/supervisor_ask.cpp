#include <algorithm>
#include <utility>

#include "core/projection/supervisor.h"

namespace refold::projection {

Supervisor::ServingPointer Supervisor::serving() const {
  const std::lock_guard lock(serving_mutex_);
  return serving_;
}

Supervisor::ServingPointer Supervisor::serving_of(const Generation& generation) {
  Serving serving;
  serving.generation = generation.number;
  if (generation.code) serving.info = generation.code->info;
  serving.applied = generation.applied;
  serving.queries = generation.queries;
  serving.refused = generation.refused;
  return std::make_shared<const Serving>(std::move(serving));
}

Result<Supervisor::ServingPointer> Supervisor::answering(std::uint64_t generation) const {
  ServingPointer found;
  if (generation == 0) {
    found = serving();
  } else {
    const std::lock_guard lock(mutex_);
    const auto place = open_.find(generation);
    if (place == open_.end()) {
      return Error{Errc::not_found, "'" + name_ + "' has no generation " +
                                        std::to_string(generation) + ", or it rests"};
    }
    found = serving_of(place->second);
  }
  if (!found || !found->applied) return Error{Errc::closed, "the projection is being closed"};
  if (found->refused) return *found->refused;
  return found;
}

Result<void> Supervisor::wait(log::Seq seq, Deadline deadline) const {
  for (;;) {
    const ServingPointer current = serving();
    if (!current || !current->applied) {
      return Error{Errc::closed, "the projection is being closed"};
    }
    if (current->refused) return *current->refused;
    switch (current->applied->wait(seq, deadline)) {
      case Watermark::Outcome::reached: return ok();
      case Watermark::Outcome::left: {
        // Another one is current, or about to be.
        if (std::chrono::steady_clock::now() < deadline) continue;
        break;
      }
      case Watermark::Outcome::halted: {
        if (auto why = current->applied->halted()) return std::move(*why);
        continue;
      }
      case Watermark::Outcome::late: break;
    }
    return Error{Errc::timeout, "'" + name_ + "' is at seq " +
                                    std::to_string(current->applied->position()) + ", not at " +
                                    std::to_string(seq) + " yet"};
  }
}

Result<log::Seq> Supervisor::applied(std::uint64_t generation) const {
  REFOLD_TRY(const ServingPointer current, answering(generation));
  return current->applied->position();
}

namespace {

/// A query of the code, and its arguments in canonical form.
struct FoundQuery {
  std::uint32_t index = 0;
  std::vector<std::string> values;
};

Result<FoundQuery> find_query(const std::string& projection, const plugin::ProjectionInfo& info,
                              const std::string& query, const OptionPairs& arguments) {
  const auto& queries = info.queries;
  const auto found = std::find_if(queries.begin(), queries.end(),
                                  [&](const auto& one) { return one.name == query; });
  if (found == queries.end()) {
    std::string names;
    for (const auto& one : queries) names += (names.empty() ? "" : ", ") + one.name;
    return Error{Errc::not_found, "'" + projection + "' has no query '" + query + "'" +
                                      (names.empty() ? "" : ", but " + names)};
  }
  FoundQuery made;
  made.index = static_cast<std::uint32_t>(found - queries.begin());
  REFOLD_TRY(made.values, plugin::canonical_options(found->parameters, arguments, "parameter"));
  return made;
}

Result<std::uint32_t> find_table(const std::string& projection, const plugin::ProjectionInfo& info,
                                 const std::string& table) {
  const auto& tables = info.tables;
  const auto found = std::find(tables.begin(), tables.end(), table);
  if (found != tables.end()) return static_cast<std::uint32_t>(found - tables.begin());
  std::string names;
  for (const std::string& one : tables) names += (names.empty() ? "" : ", ") + one;
  return Error{Errc::not_found, "'" + projection + "' has no table '" + table + "'" +
                                    (names.empty() ? "" : ", but " + names)};
}

}  // namespace

/// Has `ask` ask those who answer; again, if they were closed in between: others answer now.
template <class Ask>
auto Supervisor::ask_current(std::uint64_t generation, const Ask& ask) const
    -> decltype(ask(std::declval<const Serving&>())) {
  for (;;) {
    REFOLD_TRY(const ServingPointer current, answering(generation));
    auto answer = ask(*current);
    const bool again = answer.has_error() && answer.error().code == Errc::closed &&
                       generation == 0 && serving() != current;
    if (!again) return answer;
  }
}

Result<std::string> Supervisor::query(const std::string& query, const OptionPairs& arguments,
                                      Deadline deadline, std::uint64_t generation) const {
  return ask_current(generation, [&](const Serving& current) -> Result<std::string> {
    REFOLD_TRY(FoundQuery found, find_query(name_, current.info, query, arguments));
    return current.queries->run(found.index, std::move(found.values), deadline);
  });
}

Result<void> Supervisor::query_for(const AskerPointer& asker, const std::string& query,
                                   const OptionPairs& arguments, std::uint64_t generation) const {
  return ask_current(generation, [&](const Serving& current) -> Result<void> {
    REFOLD_TRY(FoundQuery found, find_query(name_, current.info, query, arguments));
    return current.queries->run_for(asker, found.index, std::move(found.values));
  });
}

Result<std::vector<std::string>> Supervisor::rows(const std::string& table, RowRequest request,
                                                  Deadline deadline,
                                                  std::uint64_t generation) const {
  return ask_current(generation, [&](const Serving& current) -> Result<std::vector<std::string>> {
    REFOLD_TRY(request.table, find_table(name_, current.info, table));
    return current.queries->rows(request, deadline);
  });
}

Result<void> Supervisor::rows_for(const AskerPointer& asker, const std::string& table,
                                  RowRequest request, std::uint64_t generation) const {
  return ask_current(generation, [&](const Serving& current) -> Result<void> {
    REFOLD_TRY(request.table, find_table(name_, current.info, table));
    return current.queries->rows_for(asker, request);
  });
}

}  // namespace refold::projection
