#include "core/ingest/backfill/host_finder.h"

#include <simdjson.h>

#include <algorithm>

#include "core/atproto/quote.h"
#include "core/base/characters.h"

namespace refold::ingest {

using simdjson::dom::element;

namespace {

constexpr std::string_view plc_prefix = "did:plc:";
constexpr std::string_view web_prefix = "did:web:";

FetchError no_host(const std::string& did, const std::string& why) {
  return {Fault::no_host, "the document of " + atproto::quoted(did) + " " + why};
}

bool text_is(const element& of, std::string_view key, std::string_view wanted) {
  std::string_view text;
  return of[key].get(text) == simdjson::SUCCESS && text == wanted;
}

bool is_pds(const element& service, const std::string& did) {
  const bool named =
      text_is(service, "id", "#atproto_pds") || text_is(service, "id", did + "#atproto_pds");
  return named && text_is(service, "type", "AtprotoPersonalDataServer");
}

/// The form that DID documents had before Multikey, which older directories still serve.
bool has_old_keys(const element& root) {
  simdjson::dom::array methods;
  if (root["verificationMethod"].get(methods) != simdjson::SUCCESS) return false;
  return std::any_of(methods.begin(), methods.end(), [](const element& method) {
    return text_is(method, "type", "EcdsaSecp256k1VerificationKey2019") ||
           text_is(method, "type", "EcdsaSecp256r1VerificationKey2019");
  });
}

}  // namespace

Fetched<net::Url> host_in_document(const std::string& did, ByteView document, Drops& drops) {
  simdjson::dom::parser parser;
  element root;
  const std::string_view text = text_of(document);
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS)
    return no_host(did, "is not JSON");
  if (!text_is(root, "id", did)) return no_host(did, "is of another DID");
  if (has_old_keys(root)) drops.count(Drop::old_document);
  simdjson::dom::array services;
  if (root["service"].get(services) != simdjson::SUCCESS) return no_host(did, "names no service");
  for (const element service : services) {
    if (!is_pds(service, did)) continue;
    std::string_view endpoint;
    if (service["serviceEndpoint"].get(endpoint) != simdjson::SUCCESS)
      return no_host(did, "names a host without a URL");
    auto url = net::Url::parse(endpoint);
    if (url.has_error()) return no_host(did, "names a host that is no URL: " + url.error().message);
    if ((url->scheme != "https" && url->scheme != "http") || url->target != "/")
      return no_host(
          did, "names a host that is not of the form https://HOST: " + atproto::quoted(endpoint));
    return std::move(*url);
  }
  return no_host(did, "names no host (#atproto_pds)");
}

Fetched<net::Url> HostFinder::document_url(const std::string& did) const {
  if (did.starts_with(plc_prefix)) {
    net::Url url = plc_;
    if (!url.target.ends_with('/')) url.target += '/';
    url.target += did;
    return url;
  }
  if (!did.starts_with(web_prefix))
    return FetchError{Fault::no_host, atproto::quoted(did) + " is of a method that is not known: " +
                                          "did:plc and did:web are"};
  // A colon would be a path, which the protocol does not allow; a port's is escaped.
  const std::string domain = did.substr(web_prefix.size());
  const auto decoded = net::percent_decoded(domain, false);
  if (decoded.has_error() || domain.find(':') != std::string::npos ||
      decoded->find_first_of("/?#@\\") != std::string::npos) {
    return FetchError{Fault::no_host, atproto::quoted(did) + " names no domain"};
  }
  const bool local = insecure_ && decoded->starts_with("localhost");
  auto url = net::Url::parse((local ? "http://" : "https://") + *decoded + "/.well-known/did.json");
  if (url.has_error())
    return FetchError{Fault::no_host,
                      atproto::quoted(did) + " names no domain: " + url.error().message};
  return std::move(*url);
}

Fetched<net::Url> HostFinder::find(const std::string& did, Spool& spool, Drops& drops,
                                   Question* question) const {
  REFOLD_TRY(const net::Url url, document_url(did));
  auto asked = asker_.get(url, document_bytes_max, spool, question);
  if (asked.has_error() && asked.error().fault == Fault::not_found)
    return no_host(did, "is not there: " + asked.error().message);
  REFOLD_CHECK(asked);
  const auto document = spool.bytes();
  if (document.has_error()) return FetchError{Fault::failed, document.error().message};
  return host_in_document(did, *document, drops);
}

}  // namespace refold::ingest
