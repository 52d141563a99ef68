#include "core/projection/instance.h"

#include <utility>

#include "core/plugin/boundary.h"

namespace refold::projection {

Instance::Instance(CodePointer code, std::string name, std::vector<std::string> values,
                   LogSink sink)
    : code_(std::move(code)), host_(code_, std::move(name), std::move(values), std::move(sink)) {}

Instance::~Instance() { destroy(); }

Verdict Instance::create() {
  destroy();
  self_ = nullptr;
  const Verdict verdict = host_.call(
      Host::Phase::create, "create()",
      [this](const refold_host* host) { return code_->projection->create(host, &self_); });
  created_ = verdict == Verdict::ok;
  return verdict;
}

void Instance::destroy() noexcept {
  if (std::exchange(created_, false)) host_.call_destroy(code_->projection->destroy, self_);
}

Verdict Instance::apply(const Events& events) {
  host_.set_events(&events);
  const Verdict verdict = host_.call(Host::Phase::apply, "apply()", [&](const refold_host* host) {
    return code_->projection->apply(self_, host, events.all().data(), events.size());
  });
  host_.set_events(nullptr);
  return verdict;
}

Verdict Instance::query(std::uint32_t index, std::span<const std::string> arguments) {
  arguments_.clear();
  for (const std::string& argument : arguments) arguments_.push_back(plugin::to_abi(argument));
  return host_.call(Host::Phase::query, "a query", [&](const refold_host* host) {
    return code_->queries[index]->run(self_, host, arguments_.data());
  });
}

Verdict Instance::render(std::uint32_t table, ByteView key, ByteView row) {
  return host_.call(Host::Phase::render, "render()", [&](const refold_host* host) {
    return code_->describe->render(host, code_->index, table, plugin::to_abi(key),
                                   plugin::to_abi(row));
  });
}

}  // namespace refold::projection
