#include "mqtt/keys/revocation_list.h"

#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "mqtt/keys/openssl_handles.h"

namespace inferometer::mqtt::keys {
namespace {

constexpr int kVersion2 = 1;

using RevokedHandle = std::unique_ptr<X509_REVOKED, FreeBy<X509_REVOKED_free>>;

Status Failed(std::string_view what) { return OpenSslFailed(Code::kInternal, what); }

Status AddRevoked(X509_CRL* crl, const Revoked& revoked) {
  RevokedHandle entry(X509_REVOKED_new());
  const IntegerHandle serial = AsInteger(revoked.serial);
  const TimeHandle at = AsOpenSslTime(revoked.at);
  const bool added =
      entry != nullptr && serial != nullptr && X509_REVOKED_set_serialNumber(entry.get(), serial.get()) == 1 &&
      X509_REVOKED_set_revocationDate(entry.get(), at.get()) == 1 && X509_CRL_add0_revoked(crl, entry.get()) == 1;
  if (!added) return Failed("the serial number " + revoked.serial + " cannot be revoked");
  static_cast<void>(entry.release());  // the list owns it
  return Ok();
}

Status Extend(X509_CRL* crl, X509* issuer, std::uint64_t number) {
  const IntegerHandle value(ASN1_INTEGER_new());
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, nullptr, nullptr, crl, 0);
  const std::unique_ptr<X509_EXTENSION, FreeBy<X509_EXTENSION_free>> key_id(
      X509V3_EXT_conf_nid(nullptr, &context, NID_authority_key_identifier, "keyid:always"));
  const bool added = value != nullptr && ASN1_INTEGER_set_uint64(value.get(), number) == 1 && key_id != nullptr &&
                     X509_CRL_add_ext(crl, key_id.get(), -1) == 1 &&
                     X509_CRL_add1_ext_i2d(crl, NID_crl_number, value.get(), 0, X509V3_ADD_DEFAULT) == 1;
  return added ? Ok() : Failed("the revocation list takes no number");
}

Result<CrlHandle> Blank(X509* issuer, const RevocationList& list) {
  CrlHandle crl(X509_CRL_new());
  const TimeHandle from = AsOpenSslTime(list.this_update);
  const TimeHandle until = AsOpenSslTime(list.next_update);
  const bool filled = crl != nullptr && X509_CRL_set_version(crl.get(), kVersion2) == 1 &&
                      X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(issuer)) == 1 &&
                      X509_CRL_set1_lastUpdate(crl.get(), from.get()) == 1 &&
                      X509_CRL_set1_nextUpdate(crl.get(), until.get()) == 1;
  if (!filled) return Failed("the revocation list could not be filled in");
  return crl;
}

std::uint64_t NumberOf(X509_CRL* crl) {
  const IntegerHandle value(static_cast<ASN1_INTEGER*>(X509_CRL_get_ext_d2i(crl, NID_crl_number, nullptr, nullptr)));
  std::uint64_t number = 0;
  if (value == nullptr || ASN1_INTEGER_get_uint64(&number, value.get()) != 1) return 0;
  return number;
}

Status CheckSignature(X509_CRL* crl, std::string_view authority_pem) {
  ASSIGN_OR_RETURN(const CertificateHandle issuer, CertificateFrom(authority_pem));
  const bool own = X509_CRL_verify(crl, X509_get0_pubkey(issuer.get())) == 1;
  return own ? Ok() : OpenSslFailed(Code::kDataLoss, "the revocation list is not signed by this authority");
}

}  // namespace

Result<std::string> SignRevocationList(const KeyPair& authority, const RevocationList& list) {
  ASSIGN_OR_RETURN(const CertificateHandle issuer, CertificateFrom(authority.certificate_pem));
  ASSIGN_OR_RETURN(const KeyHandle signer, PrivateKeyFrom(authority.key_pem));
  ASSIGN_OR_RETURN(const CrlHandle crl, Blank(issuer.get(), list));
  for (const Revoked& revoked : list.revoked) RETURN_IF_ERROR(AddRevoked(crl.get(), revoked));
  RETURN_IF_ERROR(Extend(crl.get(), issuer.get(), list.number));
  X509_CRL_sort(crl.get());
  const BioHandle out = WriteToMemory();
  const bool written =
      X509_CRL_sign(crl.get(), signer.get(), EVP_sha256()) != 0 && PEM_write_bio_X509_CRL(out.get(), crl.get()) == 1;
  if (!written) return Failed("the revocation list could not be signed");
  return WrittenTo(out.get());
}

Result<RevocationList> ParseRevocationList(std::string_view pem, std::string_view authority_pem) {
  const BioHandle in = ReadFrom(pem);
  const CrlHandle crl(PEM_read_bio_X509_CRL(in.get(), nullptr, nullptr, nullptr));
  if (crl == nullptr) return OpenSslFailed(Code::kDataLoss, "not a revocation list in PEM");
  RETURN_IF_ERROR(CheckSignature(crl.get(), authority_pem));
  RevocationList list;
  list.number = NumberOf(crl.get());
  ASSIGN_OR_RETURN(list.this_update, AsWallTime(X509_CRL_get0_lastUpdate(crl.get())));
  ASSIGN_OR_RETURN(list.next_update, AsWallTime(X509_CRL_get0_nextUpdate(crl.get())));
  const STACK_OF(X509_REVOKED)* entries = X509_CRL_get_REVOKED(crl.get());
  for (int at = 0; at < sk_X509_REVOKED_num(entries); ++at) {
    const X509_REVOKED* entry = sk_X509_REVOKED_value(entries, at);
    ASSIGN_OR_RETURN(const WallTime when, AsWallTime(X509_REVOKED_get0_revocationDate(entry)));
    list.revoked.push_back({AsHex(X509_REVOKED_get0_serialNumber(entry)), when});
  }
  return list;
}

}  // namespace inferometer::mqtt::keys
