#include "mqtt/keys/openssl_handles.h"

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <ctime>

namespace inferometer::mqtt::keys {
namespace {

using NumberHandle = std::unique_ptr<BIGNUM, FreeBy<BN_free>>;

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// An encrypted key would make OpenSSL ask on the terminal.
int NoPassword(char*, int, int, void*) { return -1; }

}  // namespace

Status OpenSslFailed(Code code, std::string_view what) {
  const unsigned long error = ERR_get_error();
  ERR_clear_error();
  const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  return {code, fmt::format("{}: {}", what, reason == nullptr ? "OpenSSL gives no reason" : reason)};
}

BioHandle ReadFrom(std::string_view text) {
  return BioHandle(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

BioHandle WriteToMemory() { return BioHandle(BIO_new(BIO_s_mem())); }

std::string WrittenTo(BIO* memory) {
  char* bytes = nullptr;
  const long count = BIO_get_mem_data(memory, &bytes);
  return count > 0 ? std::string(bytes, static_cast<std::size_t>(count)) : std::string();
}

Result<CertificateHandle> CertificateFrom(std::string_view pem) {
  const BioHandle in = ReadFrom(pem);
  CertificateHandle certificate(PEM_read_bio_X509(in.get(), nullptr, NoPassword, nullptr));
  if (certificate == nullptr) return OpenSslFailed(Code::kInvalidArgument, "not a certificate in PEM");
  return certificate;
}

Result<KeyHandle> PrivateKeyFrom(std::string_view pem) {
  const BioHandle in = ReadFrom(pem);
  KeyHandle key(PEM_read_bio_PrivateKey(in.get(), nullptr, NoPassword, nullptr));
  if (key == nullptr) return OpenSslFailed(Code::kInvalidArgument, "not a private key in PEM without a password");
  return key;
}

TimeHandle AsOpenSslTime(WallTime time) {
  return TimeHandle(ASN1_TIME_set(nullptr, std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count()));
}

Result<WallTime> AsWallTime(const ASN1_TIME* time) {
  std::tm parts{};
  // Without a time OpenSSL would take the present one.
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return OpenSslFailed(Code::kInvalidArgument, "not a time");
  return WallTime(std::chrono::seconds(::timegm(&parts)));
}

std::string AsHex(const ASN1_INTEGER* serial) {
  const NumberHandle number(ASN1_INTEGER_to_BN(serial, nullptr));
  if (number == nullptr) return "";
  char* hex = BN_bn2hex(number.get());
  std::string text = LowerCase(hex == nullptr ? "" : hex);
  OPENSSL_free(hex);
  return text;
}

IntegerHandle AsInteger(std::string_view hex) {
  BIGNUM* parsed = nullptr;
  const std::string text(hex);
  const int digits = BN_hex2bn(&parsed, text.c_str());
  const NumberHandle number(parsed);
  if (digits <= 0 || static_cast<std::size_t>(digits) != text.size()) return nullptr;
  return IntegerHandle(BN_to_ASN1_INTEGER(number.get(), nullptr));
}

}  // namespace inferometer::mqtt::keys
