#include "core/log/page.h"

#include <new>

namespace refold::log {

void add_copy(Page& page, const Event& event) {
  Event copy = event;
  copy.source = page.arena.copy(event.source);
  copy.did = page.arena.copy(event.did);
  copy.collection = page.arena.copy(event.collection);
  copy.rkey = page.arena.copy(event.rkey);
  copy.record = page.arena.copy(event.record);
  copy.previous_record = page.arena.copy(event.previous_record);
  copy.status = page.arena.copy(event.status);
  copy.handle = page.arena.copy(event.handle);
  if (event.stored_cid != nullptr) {
    static_assert(alignof(atproto::Cid) == 1, "the arena does not align");
    copy.stored_cid = new (page.arena.take(sizeof(atproto::Cid))) atproto::Cid(*event.stored_cid);
  }
  page.events.push_back(copy);
}

}  // namespace refold::log
