#include "mqtt/keys/knock.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>

#include <string_view>

#include "mqtt/keys/openssl_handles.h"
#include "mqtt/tls_line.h"

namespace inferometer::mqtt::keys {
namespace {

constexpr char kConnack = 0x20;
constexpr std::size_t kConnackHead = 4;  // type, length, flags, reason code
constexpr std::size_t kReasonAt = 3;
constexpr std::string_view kDisconnect("\xE0\x00", 2);

std::string Address(const Door& door) { return fmt::format("{}:{}", door.host, door.port); }

// MQTT 5, clean start, keepalive 10 s, no properties.
std::string ConnectPacket(const std::string& client_id) {
  const std::string_view fixed("\x00\x04MQTT\x05\x02\x00\x0A\x00", 11);
  const auto body = static_cast<unsigned char>(fixed.size() + 2 + client_id.size());  // ids are short: one length byte
  std::string packet = {'\x10', static_cast<char>(body)};
  packet += fixed;
  packet += '\0';
  packet += static_cast<char>(client_id.size());
  return packet + client_id;
}

Result<ContextHandle> Context(const Door& door, const KeyPair& pass) {
  ContextHandle context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) return OpenSslFailed(Code::kInternal, "no TLS");
  ASSIGN_OR_RETURN(const CertificateHandle authority, CertificateFrom(door.authority_pem));
  ASSIGN_OR_RETURN(const CertificateHandle own, CertificateFrom(pass.certificate_pem));
  ASSIGN_OR_RETURN(const KeyHandle key, PrivateKeyFrom(pass.key_pem));
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  const bool set = SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) == 1 &&
                   X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), authority.get()) == 1 &&
                   SSL_CTX_use_certificate(context.get(), own.get()) == 1 &&
                   SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1;
  if (!set) return OpenSslFailed(Code::kInternal, "the certificates cannot be used");
  return context;
}

// What the handshake or the first answer ended with. With TLS 1.3 the broker's verdict on our certificate comes only
// with the first reading.
Result<Welcome> WhyNot(const Door& door) {
  if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED) {
    ERR_clear_error();
    return Welcome::kTurnedAway;
  }
  return OpenSslFailed(Code::kUnavailable, fmt::format("{} did not let a valid certificate in", Address(door)));
}

// Without a packet that the broker may leave unread: see mqtt/certificate_verdict.h.
bool IsTurnedAwayInSilence(const Door& door, SSL_CTX* context, std::chrono::seconds at_most) {
  auto line = TlsLine::Make(context, door.host, door.port, at_most);
  char nothing[1] = {};
  if (!line.ok() || (line->Dial() && line->Read(nothing) > 0)) return false;
  const auto why = WhyNot(door);
  return why.ok() && *why == Welcome::kTurnedAway;
}

}  // namespace

Result<Welcome> Knock(const Door& door, const KeyPair& pass, const std::string& client_id,
                      std::chrono::seconds at_most) {
  ASSIGN_OR_RETURN(const ContextHandle context, Context(door, pass));
  ASSIGN_OR_RETURN(TlsLine line, TlsLine::Make(context.get(), door.host, door.port, at_most));
  if (!line.Dial()) return WhyNot(door);
  static_cast<void>(line.Write(ConnectPacket(client_id)));  // when it fails, the reason is there to be read
  char answer[64] = {};
  const int bytes = line.Read(answer);
  if (bytes < static_cast<int>(kConnackHead) || answer[0] != kConnack) {
    auto why = WhyNot(door);
    if (!why.ok() && IsTurnedAwayInSilence(door, context.get(), at_most)) return Welcome::kTurnedAway;
    return why;
  }
  if (answer[kReasonAt] != 0) {
    return Status(Code::kUnavailable, fmt::format("{} refused the connection (code 0x{:02x}): see the broker's log",
                                                  Address(door), static_cast<unsigned char>(answer[kReasonAt])));
  }
  if (!line.Write(kDisconnect)) return WhyNot(door);
  return Welcome::kLetIn;
}

}  // namespace inferometer::mqtt::keys
