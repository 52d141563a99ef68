#pragma once

#include <optional>
#include <string>

#include "core/ingest/backfill/asker.h"
#include "core/ingest/drops.h"
#include "core/net/url.h"

namespace refold::ingest {

/// Finds the host of a repo in the document of its DID: of did:plc at a PLC directory, of did:web
/// at the domain itself. Nothing in a document is trusted: it must be of that DID, it is bounded,
/// and the host that it names is connected to as any other. Any number of threads.
class HostFinder {
 public:
  static constexpr std::size_t document_bytes_max = std::size_t{256} << 10;
  /// `insecure`: did:web by http too, for hosts on this machine. The asker outlives it.
  HostFinder(Asker& asker, net::Url plc, bool insecure)
      : asker_(asker), plc_(std::move(plc)), insecure_(insecure) {}

  /// `spool` is used for the document. Errors: Fault::no_host; those of the asker.
  [[nodiscard]] Fetched<net::Url> find(const std::string& did, Spool& spool, Drops& drops,
                                       Question* question) const;

 private:
  [[nodiscard]] Fetched<net::Url> document_url(const std::string& did) const;

  Asker& asker_;
  const net::Url plc_;
  const bool insecure_;
};

/// The host that a document names. What is odd about it is counted in `drops`. Errors:
/// Fault::no_host says what is wrong with it.
[[nodiscard]] Fetched<net::Url> host_in_document(const std::string& did, ByteView document,
                                                 Drops& drops);

}  // namespace refold::ingest
