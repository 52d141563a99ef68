#pragma once

#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "refold/base.hpp"
#include "refold/json.hpp"

namespace refold {

/// A question that a projection answers, from one moment of its tables:
///
///   std::vector<Liked> top(std::int64_t limit) { ... }
///   refold::Query top_query{*this, "top", "what is liked most", &Likes::top,
///                           {{.name = "limit", .fallback = 10, .least = 1, .most = 1000}}};
///
/// The parameters have the types of the function's. The answer is what it returns, as JSON
/// (json.hpp). It may read tables, not write them. Other instances answer at the same time.
class Query {
 public:
  template <class Owner, class Self, class Answer, class... Parameters, std::size_t Count>
  Query(Owner& owner, const char* name, const char* summary, Answer (Self::*ask)(Parameters...),
        const Argument (&parameters)[Count]) {
    static_assert(Count == sizeof...(Parameters), "refold: one Argument for each parameter");
    declare<std::remove_cvref_t<Parameters>...>(owner, name, summary, ask, parameters);
  }
  template <class Owner, class Self, class Answer, class... Parameters, std::size_t Count>
  Query(Owner& owner, const char* name, const char* summary,
        Answer (Self::*ask)(Parameters...) const, const Argument (&parameters)[Count]) {
    static_assert(Count == sizeof...(Parameters), "refold: one Argument for each parameter");
    declare<std::remove_cvref_t<Parameters>...>(owner, name, summary, ask, parameters);
  }
  /// Without parameters.
  template <class Owner, class Self, class Answer>
  Query(Owner& owner, const char* name, const char* summary, Answer (Self::*ask)()) {
    declare<>(owner, name, summary, ask, nullptr);
  }
  template <class Owner, class Self, class Answer>
  Query(Owner& owner, const char* name, const char* summary, Answer (Self::*ask)() const) {
    declare<>(owner, name, summary, ask, nullptr);
  }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

 private:
  template <class... Types, class Owner, class Ask>
  static void declare(Owner& owner, const char* name, const char* summary, Ask ask,
                      const Argument* given) {
    std::vector<Argument> parameters;
    std::size_t index = 0;
    (parameters.push_back(detail::ArgumentForm<Types>::declare(given[index++])), ...);
    auto run = [&owner, ask, parameters](const refold_bytes* arguments) {
      return [&]<std::size_t... Index>(std::index_sequence<Index...>) {
        return to_json((owner.*ask)(
            detail::read_argument<Types>(parameters[Index], detail::text_of(arguments[Index]))...));
      }
      (std::index_sequence_for<Types...>());
    };
    detail::instance_of(owner).queries.push_back(
        {name, summary, parameters, {detail::ArgumentForm<Types>::type...}, std::move(run)});
  }
};

}  // namespace refold
