#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "refold/argument.hpp"
#include "refold/testing/host.hpp"
#include "refold/testing/log.hpp"

namespace refold::testing {

/// Names and values, as people write them: {{"limit", "10"}}.
using Values = std::vector<std::pair<std::string, std::string>>;

/// The text form of a value that a plugin is given; std::invalid_argument if it may not have it.
inline std::string canonical(const refold_option& option, std::string_view value) {
  const std::string refused = "'" + std::string(value) + "' is no value of " + option.name;
  switch (option.type) {
    case REFOLD_INTEGER: {
      const auto number = detail::ArgumentForm<std::int64_t>::read(value);
      if (number < option.least || number > option.most) throw std::invalid_argument(refused);
      return std::to_string(number);
    }
    case REFOLD_BOOLEAN:
      if (value != "true" && value != "false") throw std::invalid_argument(refused);
      return std::string(value);
    case REFOLD_TIME: {
      const auto time = parse_time(value);
      if (!time) throw std::invalid_argument(refused);
      return std::to_string(time->time_since_epoch().count());
    }
    default:
      if (std::cmp_greater(value.size(), option.most)) throw std::invalid_argument(refused);
      return std::string(value);
  }
}

/// The values of all that is declared, in its order.
inline std::vector<std::string> canonical(const refold_option* const* declared, std::size_t count,
                                          const Values& given) {
  for (const auto& [name, value] : given) {
    bool known = false;
    for (std::size_t i = 0; i < count; ++i) known = known || name == declared[i]->name;
    if (!known) throw std::invalid_argument("there is no '" + name + "'");
  }
  std::vector<std::string> values;
  for (std::size_t i = 0; i < count; ++i) {
    const char* value = declared[i]->fallback;
    for (const auto& one : given)
      value = one.first == declared[i]->name ? one.second.c_str() : value;
    if (value == nullptr) {
      throw std::invalid_argument("'" + std::string(declared[i]->name) + "' must be given");
    }
    values.push_back(canonical(*declared[i], value));
  }
  return values;
}

/// Folds a log with one projection, as the engine does, in memory: any projection, also one that
/// was not written with this SDK.
class Runner {
 public:
  /// `projection` outlives it. std::runtime_error if no instance can be made.
  explicit Runner(const refold_projection& projection, const Values& options = {})
      : projection_(projection),
        host_(projection.table_count,
              canonical(projection.options, projection.option_count, options)) {
    host_.allow_accounts((projection.wants & REFOLD_ACCOUNT_STATUS) != 0);
    self_ = make();
  }
  ~Runner() { unmake(); }
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  /// Destroys the instance and makes another, as the engine may between any two batches.
  void restart() {
    unmake();
    self_ = make();
  }

  struct Outcome {
    refold_result result = REFOLD_OK;
    std::string why;
    [[nodiscard]] bool ok() const noexcept { return result == REFOLD_OK; }
  };
  /// Applies the events from `from` to `to` (not included) that the projection wants, as one batch.
  /// What it did is taken back if it failed.
  Outcome apply(const TestLog& log, std::size_t from, std::size_t to) {
    const Tables before = host_.tables();
    const auto accounts = host_.accounts();
    host_.begin(MemoryHost::Call::apply);
    Outcome outcome = finished(apply_events(log, from, to));
    if (!outcome.ok()) {
      host_.tables() = before;
      host_.accounts() = accounts;
      restart();
    }
    return outcome;
  }
  /// The same, and takes back what it did although it went well: as if the engine had been killed
  /// before the commit.
  void crash(const TestLog& log, std::size_t from, std::size_t to) {
    const Tables before = host_.tables();
    const auto accounts = host_.accounts();
    apply(log, from, to);
    host_.tables() = before;
    host_.accounts() = accounts;
    restart();
  }

  /// The answer of a query, which an instance of its own gives: as in the engine, one that never
  /// sees apply(). std::runtime_error with the reason if it fails.
  std::string ask(const refold_query& query, const Values& arguments) {
    const auto values = canonical(query.parameters, query.parameter_count, arguments);
    std::vector<refold_bytes> given;
    given.reserve(values.size());
    for (const auto& value : values) given.push_back(detail::abi_of(std::string_view(value)));
    void* const instance = make();
    host_.begin(MemoryHost::Call::query);
    const Outcome outcome = finished(query.run(instance, host_.abi(), given.data()));
    projection_.destroy(instance);
    if (!outcome.ok()) throw std::runtime_error(outcome.why);
    return host_.answer();
  }

  [[nodiscard]] MemoryHost& host() noexcept { return host_; }
  [[nodiscard]] const Tables& tables() noexcept { return host_.tables(); }
  [[nodiscard]] void* self() const noexcept { return self_; }

 private:
  void* make() {
    host_.begin(MemoryHost::Call::none);
    void* instance = nullptr;
    if (projection_.create(host_.abi(), &instance) != REFOLD_OK) {
      throw std::runtime_error("no instance of '" + std::string(projection_.name) +
                               "' could be made: " + host_.failure());
    }
    return instance;
  }
  void unmake() noexcept {
    if (self_ != nullptr) projection_.destroy(std::exchange(self_, nullptr));
  }
  Outcome finished(refold_result result) {
    Outcome outcome{result, result == REFOLD_OK ? "" : host_.failure()};
    if (result != REFOLD_OK && outcome.why.empty()) outcome.why = "it failed without a word";
    host_.end();
    return outcome;
  }
  /// In one batch, but that one ends with each event that changes what account() answers.
  refold_result apply_events(const TestLog& log, std::size_t from, std::size_t to) {
    const bool asks_accounts = (projection_.wants & REFOLD_ACCOUNT_STATUS) != 0;
    std::vector<refold_event> batch;
    for (std::size_t i = from; i < to; ++i) {
      if (wants(log[i])) batch.push_back(log[i]);
      const bool tells_account = asks_accounts && log[i].kind == REFOLD_ACCOUNT;
      if (!batch.empty() && (tells_account || i + 1 == to)) {
        const refold_result result =
            projection_.apply(self_, host_.abi(), batch.data(), batch.size());
        if (result != REFOLD_OK) return result;
        batch.clear();
      }
      if (log[i].kind == REFOLD_ACCOUNT) {
        host_.accounts()[std::string(detail::text_of(log[i].did))] = {
            log[i].active != 0, std::string(detail::text_of(log[i].status))};
      }
    }
    return REFOLD_OK;
  }
  [[nodiscard]] bool wants(const refold_event& event) const {
    const bool history = (projection_.wants & REFOLD_HISTORY) != 0;
    switch (event.kind) {
      case REFOLD_CREATE:
      case REFOLD_UPDATE:
      case REFOLD_DELETE:
        return (projection_.wants & REFOLD_RECORDS) != 0 && wants_collection(event) &&
               (history || event.change != REFOLD_UNCHANGED);
      case REFOLD_ACCOUNT: return (projection_.wants & REFOLD_ACCOUNTS) != 0;
      case REFOLD_IDENTITY: return (projection_.wants & REFOLD_IDENTITIES) != 0;
      default: return history;
    }
  }
  [[nodiscard]] bool wants_collection(const refold_event& event) const {
    const std::string_view collection = detail::text_of(event.collection);
    for (std::uint32_t i = 0; i < projection_.collection_count; ++i) {
      std::string_view wanted = projection_.collections[i];
      if (wanted == collection) return true;
      if (!wanted.ends_with(".*")) continue;
      wanted.remove_suffix(1);
      if (collection.starts_with(wanted)) return true;
    }
    return projection_.collection_count == 0;
  }

  const refold_projection& projection_;
  MemoryHost host_;
  void* self_ = nullptr;
};

}  // namespace refold::testing
