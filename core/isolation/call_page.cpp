#include "core/isolation/call_page.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <utility>

namespace refold::isolation {

using projection::CallNote;

Result<CallPage> CallPage::create() {
  Descriptor memory(::memfd_create("refold-calls", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory.open()) return system_error("make memory to be shared", errno);
  if (::ftruncate(memory.get(), sizeof(CallNote)) != 0) {
    return system_error("make memory to be shared", errno);
  }
  // Who made it smaller would take it away under the other's feet.
  constexpr int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  if (::fcntl(memory.get(), F_ADD_SEALS, seals) != 0) {
    return system_error("make memory to be shared", errno);
  }
  REFOLD_TRY(CallPage page, open(std::move(memory)));
  new (page.note_) CallNote();
  return page;
}

Result<CallPage> CallPage::open(Descriptor descriptor) {
  void* const place =
      ::mmap(nullptr, sizeof(CallNote), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor.get(), 0);
  if (place == MAP_FAILED) return system_error("map memory to be shared", errno);
  return CallPage(std::move(descriptor), static_cast<CallNote*>(place));
}

CallPage::CallPage(CallPage&& other) noexcept
    : descriptor_(std::move(other.descriptor_)), note_(std::exchange(other.note_, nullptr)) {}

CallPage::~CallPage() {
  if (note_ != nullptr) ::munmap(note_, sizeof(CallNote));
}

}  // namespace refold::isolation
