#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/projection/instance.h"
#include "core/projection/queries.h"
#include "core/view/view.h"

namespace refold::projection {

/// What queries are answered with.
struct QuerySetup {
  std::shared_ptr<view::View> view;
  CodePointer code;
  std::string name;
  std::vector<std::string> values;
  LogSink sink;
};

/// Answers one query after the other. One thread, on which it is also destroyed. See Queries for
/// results and errors.
class Answerer {
 public:
  virtual ~Answerer() = default;
  [[nodiscard]] virtual Result<void> prepare() = 0;
  [[nodiscard]] virtual Result<std::string> run(std::uint32_t query,
                                                const std::vector<std::string>& arguments) = 0;
  [[nodiscard]] virtual Result<std::vector<std::string>> rows(const RowRequest& request) = 0;
};

/// With an instance on the thread that calls.
class AnswererHere : public Answerer {
 public:
  explicit AnswererHere(QuerySetup setup);

  [[nodiscard]] Result<void> prepare() override;
  [[nodiscard]] Result<std::string> run(std::uint32_t query,
                                        const std::vector<std::string>& arguments) override;
  [[nodiscard]] Result<std::vector<std::string>> rows(const RowRequest& request) override;

 private:
  [[nodiscard]] Result<void> ensure_instance(const std::string& what);
  [[nodiscard]] Result<std::string> row_text(std::uint32_t table, ByteView key, ByteView row);

  QuerySetup setup_;
  Instance instance_;
};

/// What messages call a query.
[[nodiscard]] std::string query_title(const Code& code, std::uint32_t query);

/// The most rows that are shown at once.
inline constexpr std::size_t rows_shown_max = 10'000;

}  // namespace refold::projection
