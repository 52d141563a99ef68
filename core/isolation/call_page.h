#pragma once

#include "core/base/descriptor.h"
#include "core/base/result.h"
#include "core/projection/call_note.h"

namespace refold::isolation {

/// A CallNote in memory that two processes share. It is still there when the one that writes it has
/// crashed: so that is known which call it was, without a message for each.
class CallPage {
 public:
  /// Errors: `io`.
  [[nodiscard]] static Result<CallPage> create();
  /// The page behind a descriptor that was inherited. Errors: `io`.
  [[nodiscard]] static Result<CallPage> open(Descriptor descriptor);
  ~CallPage();
  CallPage(CallPage&& other) noexcept;
  CallPage& operator=(CallPage&&) = delete;

  [[nodiscard]] projection::CallNote& note() const noexcept { return *note_; }
  [[nodiscard]] int descriptor() const noexcept { return descriptor_.get(); }

 private:
  CallPage(Descriptor descriptor, projection::CallNote* note)
      : descriptor_(std::move(descriptor)), note_(note) {}

  Descriptor descriptor_;
  projection::CallNote* note_;
};

}  // namespace refold::isolation
