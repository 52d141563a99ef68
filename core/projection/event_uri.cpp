#include "core/projection/event_uri.h"

namespace refold::projection {

std::string uri_of(const log::Event& event) {
  std::string uri(event.did);
  if (!log::is_record(event.kind)) return uri;
  uri.insert(0, "at://");
  uri.append("/").append(event.collection).append("/").append(event.rkey);
  return uri;
}

}  // namespace refold::projection
