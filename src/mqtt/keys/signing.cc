#include "mqtt/keys/signing.h"

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "mqtt/keys/openssl_handles.h"

namespace inferometer::mqtt::keys {
namespace {

constexpr int kSerialBits = 127;  // positive, and never the same twice
constexpr std::size_t kLongestHost = 253;
constexpr int kVersion3 = 2;

using NameHandle = std::unique_ptr<X509_NAME, FreeBy<X509_NAME_free>>;
using NumberHandle = std::unique_ptr<BIGNUM, FreeBy<BN_free>>;
using GeneralNameHandle = std::unique_ptr<GENERAL_NAME, FreeBy<GENERAL_NAME_free>>;
using GeneralNamesHandle = std::unique_ptr<GENERAL_NAMES, FreeBy<GENERAL_NAMES_free>>;
using ExtensionHandle = std::unique_ptr<X509_EXTENSION, FreeBy<X509_EXTENSION_free>>;
using OctetsHandle = std::unique_ptr<ASN1_OCTET_STRING, FreeBy<ASN1_OCTET_STRING_free>>;

Status Failed(std::string_view what) { return OpenSslFailed(Code::kInternal, what); }

bool IsAddress(const std::string& host) { return OctetsHandle(a2i_IPADDRESS(host.c_str())) != nullptr; }

bool IsHostByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

Result<IntegerHandle> NewSerial() {
  const NumberHandle number(BN_new());
  if (number == nullptr || BN_rand(number.get(), kSerialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) != 1) {
    return Failed("no random serial number");
  }
  return IntegerHandle(BN_to_ASN1_INTEGER(number.get(), nullptr));
}

// The certificate before it has extensions and a signature.
Result<CertificateHandle> Blank(EVP_PKEY* key, Validity validity) {
  CertificateHandle certificate(X509_new());
  ASSIGN_OR_RETURN(const IntegerHandle serial, NewSerial());
  const TimeHandle begin = AsOpenSslTime(validity.begin);
  const TimeHandle end = AsOpenSslTime(validity.end);
  const bool filled = certificate != nullptr && X509_set_version(certificate.get(), kVersion3) == 1 &&
                      X509_set_serialNumber(certificate.get(), serial.get()) == 1 &&
                      X509_set1_notBefore(certificate.get(), begin.get()) == 1 &&
                      X509_set1_notAfter(certificate.get(), end.get()) == 1 &&
                      X509_set_pubkey(certificate.get(), key) == 1;
  if (!filled) return Failed("the certificate could not be filled in");
  return certificate;
}

Status Name(X509* certificate, const std::string& common_name) {
  const NameHandle name(X509_NAME_new());
  const auto* bytes = reinterpret_cast<const unsigned char*>(common_name.data());
  const bool named = name != nullptr &&
                     X509_NAME_add_entry_by_NID(name.get(), NID_commonName, MBSTRING_UTF8, bytes,
                                                static_cast<int>(common_name.size()), -1, 0) == 1 &&
                     X509_set_subject_name(certificate, name.get()) == 1;
  return named ? Ok() : OpenSslFailed(Code::kInvalidArgument, "\"" + common_name + "\" cannot stand in a certificate");
}

Status Extend(X509* certificate, X509* issuer, int extension, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionHandle made(X509V3_EXT_conf_nid(nullptr, &context, extension, value));
  const bool added = made != nullptr && X509_add_ext(certificate, made.get(), -1) == 1;
  return added ? Ok() : Failed(fmt::format("the certificate takes no {}", OBJ_nid2sn(extension)));
}

Status AddHosts(X509* certificate, const std::vector<std::string>& hosts) {
  const GeneralNamesHandle names(GENERAL_NAMES_new());
  for (const std::string& host : hosts) {
    RETURN_IF_ERROR(CheckHost(host));
    const int kind = IsAddress(host) ? GEN_IPADD : GEN_DNS;
    GeneralNameHandle name(a2i_GENERAL_NAME(nullptr, nullptr, nullptr, kind, host.c_str(), 0));
    if (name == nullptr || sk_GENERAL_NAME_push(names.get(), name.get()) == 0) return Failed("host " + host);
    static_cast<void>(name.release());  // the stack owns it
  }
  const int added = X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT);
  return added == 1 ? Ok() : Failed("the certificate takes no hosts");
}

Status AddClientOrServer(X509* certificate, X509* issuer, const Subject& subject) {
  RETURN_IF_ERROR(Extend(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE"));
  RETURN_IF_ERROR(Extend(certificate, issuer, NID_key_usage, "critical,digitalSignature"));
  RETURN_IF_ERROR(Extend(certificate, issuer, NID_ext_key_usage, subject.hosts.empty() ? "clientAuth" : "serverAuth"));
  RETURN_IF_ERROR(Extend(certificate, issuer, NID_subject_key_identifier, "hash"));
  RETURN_IF_ERROR(Extend(certificate, issuer, NID_authority_key_identifier, "keyid:always"));
  return subject.hosts.empty() ? Ok() : AddHosts(certificate, subject.hosts);
}

Result<KeyPair> SignedBy(EVP_PKEY* signer, X509* certificate, EVP_PKEY* key) {
  if (X509_sign(certificate, signer, EVP_sha256()) == 0) return Failed("the certificate could not be signed");
  const BioHandle certificate_out = WriteToMemory();
  const BioHandle key_out = WriteToMemory();
  const bool written = PEM_write_bio_X509(certificate_out.get(), certificate) == 1 &&
                       PEM_write_bio_PrivateKey(key_out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1;
  if (!written) return Failed("the certificate could not be written as PEM");
  return KeyPair{WrittenTo(certificate_out.get()), WrittenTo(key_out.get())};
}

Result<KeyHandle> NewKey() {
  KeyHandle key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  if (key == nullptr) return Failed("no new key");
  return key;
}

}  // namespace

Status CheckHost(std::string_view host) {
  const std::string text(host);
  if (!text.empty() && IsAddress(text)) return Ok();
  const bool is_name =
      !text.empty() && text.size() <= kLongestHost && std::all_of(text.begin(), text.end(), IsHostByte);
  if (is_name && text.front() != '-' && text.front() != '.') return Ok();
  return {Code::kInvalidArgument, "\"" + text + "\" is neither a host name nor an IP address"};
}

Result<KeyPair> MakeAuthority(Validity validity) {
  ASSIGN_OR_RETURN(const KeyHandle key, NewKey());
  ASSIGN_OR_RETURN(const CertificateHandle certificate, Blank(key.get(), validity));
  X509* itself = certificate.get();
  constexpr std::size_t kShownDigits = 12;
  const std::string serial = AsHex(X509_get0_serialNumber(itself)).substr(0, kShownDigits);
  RETURN_IF_ERROR(Name(itself, "Inferometer CA " + serial));
  if (X509_set_issuer_name(itself, X509_get_subject_name(itself)) != 1) return Failed("no issuer");
  RETURN_IF_ERROR(Extend(itself, itself, NID_basic_constraints, "critical,CA:TRUE,pathlen:0"));
  RETURN_IF_ERROR(Extend(itself, itself, NID_key_usage, "critical,keyCertSign,cRLSign"));
  RETURN_IF_ERROR(Extend(itself, itself, NID_subject_key_identifier, "hash"));
  return SignedBy(key.get(), itself, key.get());
}

Result<KeyPair> Sign(const KeyPair& authority, const Subject& subject, Validity validity) {
  ASSIGN_OR_RETURN(const CertificateHandle issuer, CertificateFrom(authority.certificate_pem));
  ASSIGN_OR_RETURN(const KeyHandle signer, PrivateKeyFrom(authority.key_pem));
  ASSIGN_OR_RETURN(const KeyHandle key, NewKey());
  ASSIGN_OR_RETURN(const CertificateHandle certificate, Blank(key.get(), validity));
  RETURN_IF_ERROR(Name(certificate.get(), subject.common_name));
  if (X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer.get())) != 1) return Failed("no issuer");
  RETURN_IF_ERROR(AddClientOrServer(certificate.get(), issuer.get(), subject));
  return SignedBy(signer.get(), certificate.get(), key.get());
}

}  // namespace inferometer::mqtt::keys
