#include "mqtt/keys/certificate.h"

#include <openssl/x509v3.h>

#include "mqtt/keys/openssl_handles.h"
#include "os/files.h"

namespace inferometer::mqtt::keys {
namespace {

constexpr std::size_t kLargestFile = std::size_t{1} << 20;

std::string CommonName(const X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return "";
  unsigned char* utf8 = nullptr;
  const int bytes = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (bytes < 0) return "";
  std::string name(utf8, utf8 + bytes);
  OPENSSL_free(utf8);
  return name;
}

Purpose PurposeOf(X509* certificate) {
  if (X509_check_ca(certificate) == 1) return Purpose::kAuthority;
  constexpr std::uint32_t kBoth = XKU_SSL_SERVER | XKU_SSL_CLIENT;
  const bool server_only = (X509_get_extended_key_usage(certificate) & kBoth) == XKU_SSL_SERVER;
  return server_only ? Purpose::kServer : Purpose::kClient;
}

}  // namespace

Result<Certificate> ParseCertificate(std::string_view pem) {
  ASSIGN_OR_RETURN(const CertificateHandle handle, CertificateFrom(pem));
  Certificate certificate;
  certificate.common_name = CommonName(handle.get());
  certificate.serial = AsHex(X509_get0_serialNumber(handle.get()));
  ASSIGN_OR_RETURN(certificate.not_before, AsWallTime(X509_get0_notBefore(handle.get())));
  ASSIGN_OR_RETURN(certificate.not_after, AsWallTime(X509_get0_notAfter(handle.get())));
  certificate.purpose = PurposeOf(handle.get());
  return certificate;
}

Result<Certificate> ReadCertificate(const std::filesystem::path& file) {
  ASSIGN_OR_RETURN(const std::string pem, os::ReadFile(file, kLargestFile));
  auto certificate = ParseCertificate(pem);
  if (certificate.ok()) return certificate;
  return {certificate.status().code(), file.string() + ": " + certificate.status().message()};
}

}  // namespace inferometer::mqtt::keys
