#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/projection/host.h"

namespace refold::projection {

/// One instance of a projection: made, used and destroyed on one thread, which ends before the
/// plugin is closed.
class Instance {
 public:
  /// Nothing of the plugin is called yet.
  Instance(CodePointer code, std::string name, std::vector<std::string> values, LogSink sink);
  /// Destroys it, if it was made.
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  /// Makes it. If there is one already, that is destroyed first.
  [[nodiscard]] Verdict create();
  [[nodiscard]] bool created() const noexcept { return created_; }
  void destroy() noexcept;

  /// Precondition: created(), and events.
  [[nodiscard]] Verdict apply(const Events& events);
  /// Precondition: created(). `arguments`: one for each parameter. host().answer() has the answer.
  [[nodiscard]] Verdict query(std::uint32_t index, std::span<const std::string> arguments);
  /// `none`: the plugin knows of no such row. Precondition: the code describes its rows.
  [[nodiscard]] Verdict render(std::uint32_t table, ByteView key, ByteView row);

  [[nodiscard]] Host& host() noexcept { return host_; }
  /// Why the last call did not end well.
  [[nodiscard]] const Error& reason() const noexcept { return host_.reason(); }

 private:
  CodePointer code_;
  Host host_;
  void* self_ = nullptr;
  bool created_ = false;
  std::vector<refold_bytes> arguments_;
};

}  // namespace refold::projection
