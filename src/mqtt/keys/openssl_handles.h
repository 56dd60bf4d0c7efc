#pragma once
// OpenSSL's objects with an owner, and its times and errors in our terms. Internal to this folder: no header that
// others include names a type of OpenSSL.

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

#include "inferometer/record.h"
#include "inferometer/status.h"

namespace inferometer::mqtt::keys {

template <auto kFree>
struct FreeBy {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

using BioHandle = std::unique_ptr<BIO, FreeBy<BIO_free_all>>;
using KeyHandle = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;
using CertificateHandle = std::unique_ptr<X509, FreeBy<X509_free>>;
using CrlHandle = std::unique_ptr<X509_CRL, FreeBy<X509_CRL_free>>;
using IntegerHandle = std::unique_ptr<ASN1_INTEGER, FreeBy<ASN1_INTEGER_free>>;
using TimeHandle = std::unique_ptr<ASN1_TIME, FreeBy<ASN1_TIME_free>>;
using ContextHandle = std::unique_ptr<SSL_CTX, FreeBy<SSL_CTX_free>>;

// Takes the oldest error that OpenSSL left for this thread, and clears the others. `what` was being done.
[[nodiscard]] Status OpenSslFailed(Code code, std::string_view what);

// A PEM text to read from. It must outlive the handle.
[[nodiscard]] BioHandle ReadFrom(std::string_view text);
[[nodiscard]] BioHandle WriteToMemory();
[[nodiscard]] std::string WrittenTo(BIO* memory);

[[nodiscard]] Result<CertificateHandle> CertificateFrom(std::string_view pem);
[[nodiscard]] Result<KeyHandle> PrivateKeyFrom(std::string_view pem);

// To the second, rounded down. Null when there is no memory.
[[nodiscard]] TimeHandle AsOpenSslTime(WallTime time);
[[nodiscard]] Result<WallTime> AsWallTime(const ASN1_TIME* time);

// Lower-case hex, an even number of digits.
[[nodiscard]] std::string AsHex(const ASN1_INTEGER* serial);
// Null where `hex` is no number.
[[nodiscard]] IntegerHandle AsInteger(std::string_view hex);

}  // namespace inferometer::mqtt::keys
