#include "core/projection/answerer.h"

#include <algorithm>
#include <utility>

#include "core/projection/json_text.h"
#include "core/view/snapshot.h"

namespace refold::projection {
namespace {

Error no_good(const std::string& what, const Instance& instance, Verdict verdict) {
  if (verdict == Verdict::storage) return within(what, instance.reason());
  return {Errc::invalid, what + ": " + instance.reason().message};
}

}  // namespace

std::string query_title(const Code& code, std::uint32_t query) {
  return "query '" + code.info.queries[query].name + "'";
}

AnswererHere::AnswererHere(QuerySetup setup)
    : setup_(std::move(setup)), instance_(setup_.code, setup_.name, setup_.values, setup_.sink) {}

Result<void> AnswererHere::ensure_instance(const std::string& what) {
  if (instance_.created()) return ok();
  const Verdict made = instance_.create();
  if (made != Verdict::ok) return no_good(what, instance_, made);
  return ok();
}

Result<void> AnswererHere::prepare() { return ensure_instance("an instance for queries"); }

Result<std::string> AnswererHere::run(std::uint32_t query,
                                      const std::vector<std::string>& arguments) {
  const std::string what = query_title(*setup_.code, query);
  REFOLD_CHECK(ensure_instance(what));
  REFOLD_TRY(const view::Snapshot snapshot, view::Snapshot::open(*setup_.view));
  instance_.host().attach(&snapshot);
  const Verdict verdict = instance_.query(query, arguments);
  instance_.host().attach(static_cast<const view::Snapshot*>(nullptr));
  if (verdict != Verdict::ok) {
    Error error = no_good(what, instance_, verdict);
    // What is left of it after a failure is not to be trusted.
    instance_.destroy();
    return error;
  }
  if (auto good = check_json(instance_.host().answer()); good.has_error()) {
    return within(what, std::move(good).error());
  }
  return std::move(instance_.host().answer());
}

Result<std::vector<std::string>> AnswererHere::rows(const RowRequest& request) {
  REFOLD_CHECK(ensure_instance("rows"));
  REFOLD_TRY(const view::Snapshot snapshot, view::Snapshot::open(*setup_.view));
  std::vector<std::string> texts;
  std::size_t bytes = 0;
  Result<void> rendered = ok();
  const std::size_t count_max = std::min(request.count_max, rows_shown_max);
  if (count_max == 0) return texts;
  std::string next;
  const auto visit = [&](ByteView key, ByteView row) {
    if (texts.size() >= count_max || bytes >= REFOLD_ANSWER_MAX) {
      next = hex(key);
      if (request.backwards) next += "00";  // `until` is not included
      return false;
    }
    auto text = row_text(request.table, key, row);
    if (text.has_error()) {
      rendered = std::move(text).error();
      return false;
    }
    bytes += text->size();
    texts.push_back(std::move(*text));
    return request.tell_next || (texts.size() < count_max && bytes < REFOLD_ANSWER_MAX);
  };
  const view::Range range{request.from, request.until, request.backwards};
  if (snapshot.scan(request.table, range, visit) == view::Row::failed) return snapshot.error();
  if (rendered.has_error()) {
    instance_.destroy();
    return rendered.error();
  }
  if (request.tell_next) texts.push_back(std::move(next));
  return texts;
}

/// What render() has for a row, or the bytes.
Result<std::string> AnswererHere::row_text(std::uint32_t table, ByteView key, ByteView row) {
  if (setup_.code->describe != nullptr) {
    const Verdict verdict = instance_.render(table, key, row);
    if (verdict == Verdict::ok) {
      if (auto good = check_json(instance_.host().answer()); good.has_error()) {
        return within("render()", std::move(good).error());
      }
      return std::move(instance_.host().answer());
    }
    if (verdict != Verdict::none) return no_good("render()", instance_, verdict);
  }
  return R"({"hex":{"key":")" + hex(key) + R"(","row":")" + hex(row) + R"("}})";
}

}  // namespace refold::projection
