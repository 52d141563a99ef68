#include "tests/projection/test_plugin.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

namespace refold::projection {
namespace {

std::string_view view(refold_bytes bytes) {
  return {static_cast<const char*>(bytes.data), bytes.size};
}
refold_bytes bytes(std::string_view text) { return {text.data(), text.size()}; }

void say(const refold_host* host, std::string_view why) { host->fail(host, bytes(why)); }

std::string uri(const refold_event& event) {
  return std::string(view(event.did)) + "/" + std::string(view(event.collection)) + "/" +
         std::string(view(event.rkey));
}

std::uint64_t read_count(refold_bytes row) {
  std::uint64_t count = 0;
  if (row.size == sizeof count) std::memcpy(&count, row.data, sizeof count);
  return count;
}

/// Adds to the count of a key; a row of zero goes.
refold_result add(const refold_host* host, std::string_view key, std::int64_t by) {
  refold_bytes row{};
  const refold_result found = host->get(host, 0, bytes(key), &row);
  if (found != REFOLD_OK && found != REFOLD_NONE) return found;
  const std::uint64_t count =
      (found == REFOLD_OK ? read_count(row) : 0) + static_cast<std::uint64_t>(by);
  if (count == 0) return host->remove(host, 0, bytes(key));
  return host->put(host, 0, bytes(key), {&count, sizeof count});
}

refold_result create_nothing(const refold_host*, void** self) {
  *self = nullptr;
  return REFOLD_OK;
}
void destroy_nothing(void*) {}

/// Each event by a function that is given one.
template <refold_result (*one)(void* self, const refold_host*, const refold_event&)>
refold_result each(void* self, const refold_host* host, const refold_event* events,
                   std::size_t count) {
  calls().events += count;
  ++calls().applies;
  const refold_event* event = events;
  for (std::size_t left = count; left > 0; --left) {
    const refold_result result = one(self, host, *event);
    if (result != REFOLD_OK) return result;
    event =
        reinterpret_cast<const refold_event*>(reinterpret_cast<const char*>(event) + events->size);
  }
  return REFOLD_OK;
}

refold_result tally(void*, const refold_host* host, const refold_event& event) {
  const std::string_view collection = view(event.collection);
  if (event.change == REFOLD_ADDED) return add(host, collection, 1);
  if (event.change == REFOLD_REMOVED && event.previous_state == REFOLD_PREVIOUS_KNOWN) {
    return add(host, collection, -1);
  }
  return REFOLD_OK;
}

refold_result latest(void*, const refold_host* host, const refold_event& event) {
  const std::string key = uri(event);
  if (event.change == REFOLD_REMOVED) return host->remove(host, 0, bytes(key));
  return host->put(host, 0, bytes(key), event.record);
}

refold_result nothing(void*, const refold_host* host, const refold_event&) {
  say(host, "it was given an event");
  return REFOLD_FAILED;
}

struct Moody {
  const refold_host* kept;
};

refold_result create_moody(const refold_host* host, void** self) {
  ++mood().created;
  if (mood().create_fails) {
    say(host, "not in the mood");
    return REFOLD_FAILED;
  }
  if (mood().create_retries > 0) {
    --mood().create_retries;
    say(host, "not ready yet");
    return REFOLD_RETRY;
  }
  ++mood().instances;
  *self = new Moody{host};
  return REFOLD_OK;
}
void destroy_moody(void* self) {
  --mood().instances;
  delete static_cast<Moody*>(self);
}

refold_result misbehave(void* self, const refold_host* host, const refold_event& event) {
  const std::string key = uri(event);
  switch (mood().what.load()) {
    case Mood::What::nothing: return REFOLD_OK;
    case Mood::What::fail: say(host, "this record is poison"); return REFOLD_FAILED;
    case Mood::What::fail_silently: return REFOLD_FAILED;
    case Mood::What::retry:
      if (mood().retries-- <= 0) return REFOLD_OK;
      say(host, "not now");
      return REFOLD_RETRY;
    case Mood::What::throw_exception: throw std::runtime_error("thrown at you");
    case Mood::What::throw_int: throw 42;
    case Mood::What::write_outside: return host->put(host, 7, bytes(key), bytes("x"));
    case Mood::What::ignore_a_refusal:
      (void)host->put(host, 7, bytes(key), bytes("x"));
      return REFOLD_OK;
    case Mood::What::write_too_much: {
      const std::string row(REFOLD_ROW_MAX + 1, 'x');
      return host->put(host, 0, bytes(key), bytes(row));
    }
    case Mood::What::keep_the_host: {
      const refold_host* const kept = static_cast<Moody*>(self)->kept;
      (void)kept->put(kept, 0, bytes(key), bytes("x"));
      return REFOLD_OK;
    }
    case Mood::What::use_a_thread:
      std::thread([&] { (void)host->put(host, 0, bytes(key), bytes("x")); }).join();
      return REFOLD_OK;
    case Mood::What::return_nonsense: return 17;
    case Mood::What::dawdle:
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      return REFOLD_OK;
    case Mood::What::hang:
      ++mood().hanging;
      while (!mood().released) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      --mood().hanging;
      return REFOLD_OK;
  }
  return REFOLD_OK;
}

refold_result moody(void* self, const refold_host* host, const refold_event& event) {
  // First it writes, so that there is something to take back.
  const refold_result written = latest(self, host, event);
  if (written != REFOLD_OK || mood().what == Mood::What::nothing) return written;
  const std::string_view record = view(event.record);
  if (record.find(mood().text) == std::string_view::npos) return REFOLD_OK;
  return misbehave(self, host, event);
}

refold_result guests(void*, const refold_host* host, const refold_event& event) {
  refold_account account{};
  account.size = sizeof account;
  const refold_result asked = host->account(host, event.did, &account);
  if (asked != REFOLD_OK) return asked;
  std::string note = account.known == 0 ? "unknown" : account.active != 0 ? "active" : "inactive";
  if (account.status.size > 0) note += " " + std::string(view(account.status));
  return host->put(host, 0, bytes(uri(event)), bytes(note));
}

refold_result diary(void*, const refold_host* host, const refold_event& event) {
  char key[24];
  std::snprintf(key, sizeof key, "%020llu", static_cast<unsigned long long>(event.seq));
  std::string line = "kind " + std::to_string(event.kind) + " change " +
                     std::to_string(event.change) + " flags " + std::to_string(event.flags) +
                     " record " + std::to_string(event.record.size) + " previous " +
                     std::to_string(event.previous.size);
  std::uint8_t cid[36];
  const refold_result has = host->cid(host, &event, cid);
  if (has != REFOLD_OK && has != REFOLD_NONE) return has;
  line += has == REFOLD_OK ? " cid " + std::to_string(cid[35]) : " no cid";
  return host->put(host, 0, bytes(key), bytes(line));
}

refold_result fickle(void*, const refold_host* host, const refold_event& event) {
  static std::atomic<std::uint64_t> drawn{0};
  const std::string number = std::to_string(++drawn);
  const bool draws = view(event.record).find("dice") != std::string_view::npos;
  return host->put(host, 0, bytes(uri(event)), draws ? bytes(number) : event.record);
}

const char* const table_rows[] = {"rows"};
const char* const nobody[] = {"org.example.never"};
const char* const posts[] = {"app.bsky.feed.post"};

refold_projection projection(const char* name, std::uint32_t wants,
                             refold_result (*apply)(void*, const refold_host*, const refold_event*,
                                                    std::size_t)) {
  refold_projection made{};
  made.size = sizeof made;
  made.name = name;
  made.summary = "for tests";
  made.fold = 1;
  made.wants = wants;
  made.table_count = 1;
  made.tables = table_rows;
  made.create = create_nothing;
  made.destroy = destroy_nothing;
  made.apply = apply;
  return made;
}

const refold_option factor{sizeof(refold_option), "factor", "what each counts", "1", 1, 1000,
                           REFOLD_INTEGER};
const refold_option* const factors[] = {&factor};

std::vector<refold_projection> make_all() {
  std::vector<refold_projection> all;
  all.push_back(projection("tally", REFOLD_RECORDS, each<tally>));
  all.back().option_count = 1;
  all.back().options = factors;
  all.push_back(projection("latest", REFOLD_RECORDS, each<latest>));
  all.push_back(projection("nothing", REFOLD_RECORDS, each<nothing>));
  all.back().collection_count = 1;
  all.back().collections = nobody;
  all.push_back(projection("moody", REFOLD_RECORDS, each<moody>));
  all.back().collection_count = 1;
  all.back().collections = posts;
  all.back().create = create_moody;
  all.back().destroy = destroy_moody;
  all.push_back(projection("guests", REFOLD_RECORDS | REFOLD_ACCOUNT_STATUS, each<guests>));
  all.push_back(projection("diary", REFOLD_HISTORY, each<diary>));
  all.push_back(projection("fickle", REFOLD_RECORDS, each<fickle>));
  return all;
}

std::vector<refold_projection>& all_projections() {
  static std::vector<refold_projection> all = make_all();
  return all;
}

// Queries: every projection has them.

refold_result append_row(void* context, refold_bytes key, refold_bytes row) {
  auto& text = *static_cast<std::string*>(context);
  text += (text.size() == 1 ? "\"" : ",\"") + std::string(view(key)) + "\":";
  text += row.size == sizeof(std::uint64_t) ? std::to_string(read_count(row))
                                            : std::to_string(row.size);
  return REFOLD_OK;
}

refold_result run_all(void*, const refold_host* host, const refold_bytes*) {
  ++calls().queries;
  const int pause = calls().query_pause_ms;
  if (pause > 0) std::this_thread::sleep_for(std::chrono::milliseconds(pause));
  std::string text = "{";
  refold_range range{};
  range.size = sizeof range;
  const refold_result scanned = host->scan(host, 0, &range, append_row, &text);
  if (scanned != REFOLD_OK) return scanned;
  text += "}";
  return host->answer(host, bytes(text));
}

refold_result run_count(void*, const refold_host* host, const refold_bytes* arguments) {
  refold_bytes row{};
  const refold_result found = host->get(host, 0, arguments[0], &row);
  if (found == REFOLD_FAILED || found == REFOLD_RETRY) return found;
  return host->answer(host, bytes(std::to_string(found == REFOLD_OK ? read_count(row) : 0)));
}

refold_result run_bad(void*, const refold_host* host, const refold_bytes* arguments) {
  const std::string_view how = view(arguments[0]);
  if (how == "throw") throw std::runtime_error("no answer");
  if (how == "write") return host->put(host, 0, bytes("x"), bytes("y"));
  if (how == "nonsense") return host->answer(host, bytes("{not json"));
  say(host, "there is no such answer");
  return REFOLD_FAILED;
}

const refold_option key_parameter{
    sizeof(refold_option), "key", "the key", nullptr, 0, 4096, REFOLD_TEXT};
const refold_option how_parameter{
    sizeof(refold_option), "how", "what goes wrong", "fail", 0, 100, REFOLD_TEXT};
const refold_option* const key_parameters[] = {&key_parameter};
const refold_option* const how_parameters[] = {&how_parameter};
const refold_query queries[] = {
    {sizeof(refold_query), "all", "every row", 0, 0, nullptr, run_all},
    {sizeof(refold_query), "count", "one row", 1, 0, key_parameters, run_count},
    {sizeof(refold_query), "bad", "goes wrong", 1, 0, how_parameters, run_bad},
};

const refold_query* query_at(std::uint32_t, std::uint32_t index) {
  return index < std::size(queries) ? &queries[index] : nullptr;
}

const char* layout_text = "text -> bytes";
const char* layout(std::uint32_t, std::uint32_t) { return layout_text; }

refold_result render(const refold_host* host, std::uint32_t projection_index, std::uint32_t,
                     refold_bytes key, refold_bytes row) {
  if (projection_index != 0) return REFOLD_NONE;
  const std::string text = "{\"key\":\"" + std::string(view(key)) +
                           "\",\"row\":" + std::to_string(read_count(row)) + "}";
  return host->answer(host, bytes(text));
}

std::vector<const refold_projection*> pointers;
refold_projections offered{};
const refold_queries offered_queries{sizeof(refold_queries), query_at};
const refold_describe described{sizeof(refold_describe), layout, render};

const void* extension(const char* id) {
  if (std::strcmp(id, "projection/1") == 0) {
    pointers.clear();
    for (const refold_projection& one : all_projections()) pointers.push_back(&one);
    offered = {sizeof offered, static_cast<std::uint32_t>(pointers.size()), 0, pointers.data()};
    return &offered;
  }
  if (std::strcmp(id, "query/1") == 0) return &offered_queries;
  if (std::strcmp(id, "describe/1") == 0) return &described;
  return nullptr;
}

refold_result start(const refold_host*) { return REFOLD_OK; }
void stop() {}

refold_plugin_v1 plugin{sizeof(refold_plugin_v1),
                        REFOLD_ABI_MAJOR,
                        REFOLD_ABI_MINOR,
                        0,
                        "tests",
                        "1.0",
                        "",
                        start,
                        stop,
                        extension};

}  // namespace

const refold_plugin_v1& test_plugin() noexcept { return plugin; }

refold_projection& test_projection(const std::string& name) {
  const auto found = std::find_if(all_projections().begin(), all_projections().end(),
                                  [&](const refold_projection& one) { return one.name == name; });
  if (found == all_projections().end()) throw std::runtime_error("no projection " + name);
  return *found;
}

void set_test_version(const char* version) noexcept { plugin.version = version; }
void set_test_layout(const char* text) noexcept { layout_text = text; }

void reset_test_plugin() {
  all_projections() = make_all();
  plugin.version = "1.0";
  layout_text = "text -> bytes";
  mood().what = Mood::What::nothing;
  mood().text = "poison";
  mood().retries = 0;
  mood().released = false;
  mood().create_fails = false;
  mood().create_retries = 0;
  calls().query_pause_ms = 0;
  calls().queries = 0;
  calls().events = 0;
  calls().applies = 0;
}

Mood& mood() noexcept {
  static Mood the_mood;
  return the_mood;
}

Calls& calls() noexcept {
  static Calls the_calls;
  return the_calls;
}

}  // namespace refold::projection
