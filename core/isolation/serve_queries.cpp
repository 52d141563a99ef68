#include <utility>

#include "core/isolation/messages.h"
#include "core/isolation/ordered_code.h"
#include "core/isolation/serve.h"
#include "core/projection/answerer.h"

namespace refold::isolation {
namespace {

Error no_request() {
  return {Errc::unsupported, "the engine asks what its refold-runner does not know"};
}

Result<Texts> answer(projection::Answerer& answerer, const Frame& frame,
                     const projection::Code& code) {
  if (frame.kind == Kind::prepare) {
    REFOLD_CHECK(answerer.prepare());
    return Texts();
  }
  if (frame.kind == Kind::query) {
    QueryRequest request;
    if (!decode(frame.content, request) || request.query >= code.queries.size() ||
        request.arguments.size() != code.info.queries[request.query].parameters.size()) {
      return no_request();
    }
    REFOLD_TRY(std::string text, answerer.run(request.query, request.arguments));
    return Texts{std::move(text)};
  }
  projection::RowRequest request;
  if (frame.kind != Kind::rows || !decode(frame.content, request)) return no_request();
  return answerer.rows(request);
}

}  // namespace

Result<void> serve_queries(EngineChannel& engine) {
  const Frame first = engine.receive();
  CodeOrder order;
  if (first.kind != Kind::answer || !decode(first.content, order)) {
    return Error{Errc::unsupported, "the engine is of another release than its refold-runner"};
  }
  projection::QuerySetup setup;
  REFOLD_TRY(setup.code, load(order, engine.sink()));
  REFOLD_TRY(setup.view, view::View::open_reader(order.view, {.map_bytes = order.map_bytes}));
  setup.name = order.name;
  setup.values = order.values;
  setup.sink = engine.sink();
  const projection::CodePointer code = setup.code;
  projection::AnswererHere answerer(std::move(setup));
  for (;;) {
    const Frame frame = engine.receive();
    if (frame.kind == Kind::stop) return ok();
    engine.send(Kind::answered, encode(answer(answerer, frame, *code)));
  }
}

}  // namespace refold::isolation
