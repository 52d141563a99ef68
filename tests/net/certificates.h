#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

namespace refold::testing {

/// A certificate and its key, made here and now.
struct Certificate {
  std::shared_ptr<EVP_PKEY> key;
  std::shared_ptr<X509> x509;
};

struct CertificateOptions {
  std::string names = "IP:127.0.0.1,DNS:localhost";
  long valid_from_seconds = -3600;  ///< from now
  long valid_to_seconds = 3600;
  bool authority = false;
};

/// Signed by `issuer`, or by itself.
inline Certificate make_certificate(const CertificateOptions& options,
                                    const Certificate* issuer = nullptr) {
  Certificate made{{EVP_EC_gen("P-256"), EVP_PKEY_free}, {X509_new(), X509_free}};
  X509* const x509 = made.x509.get();
  static long serial = 0;
  X509_set_version(x509, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(x509), options.valid_from_seconds);
  X509_gmtime_adj(X509_getm_notAfter(x509), options.valid_to_seconds);
  X509_set_pubkey(x509, made.key.get());
  const std::string name = "test " + std::to_string(serial);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  const Certificate& signer = issuer != nullptr ? *issuer : made;
  X509_set_issuer_name(x509, X509_get_subject_name(signer.x509.get()));
  const auto extend = [&](int what, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, signer.x509.get(), x509, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
    if (extension == nullptr) throw std::runtime_error("no such extension: " + value);
    X509_add_ext(x509, extension, -1);
    X509_EXTENSION_free(extension);
  };
  extend(NID_basic_constraints, options.authority ? "critical,CA:TRUE" : "CA:FALSE");
  if (!options.authority) extend(NID_subject_alt_name, options.names);
  if (X509_sign(x509, signer.key.get(), EVP_sha256()) == 0)
    throw std::runtime_error("cannot sign a certificate");
  return made;
}

inline void write_pem(const Certificate& certificate, const std::filesystem::path& file) {
  std::FILE* const out = std::fopen(file.c_str(), "w");
  PEM_write_X509(out, certificate.x509.get());
  std::fclose(out);
}

/// A server that shows this certificate.
inline std::shared_ptr<SSL_CTX> tls_server(const Certificate& certificate) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX_use_certificate(context.get(), certificate.x509.get());
  SSL_CTX_use_PrivateKey(context.get(), certificate.key.get());
  return context;
}

}  // namespace refold::testing
