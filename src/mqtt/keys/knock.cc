#include "mqtt/keys/knock.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>
#include <openssl/x509v3.h>

#include <csignal>
#include <ctime>
#include <span>
#include <string_view>

#include "mqtt/keys/openssl_handles.h"

namespace inferometer::mqtt::keys {
namespace {

constexpr unsigned kPollMilliseconds = 5;
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

// A TLS connection that waits for nothing longer than `at_most`.
class Line {
 public:
  Line(BioHandle bio, std::chrono::seconds at_most) : bio_(std::move(bio)), at_most_(at_most) {}

  [[nodiscard]] bool Dial() {
    return BIO_do_connect_retry(bio_.get(), static_cast<int>(at_most_.count()), kPollMilliseconds) == 1;
  }
  [[nodiscard]] bool Write(std::string_view bytes) {
    return Retried([&] { return BIO_write(bio_.get(), bytes.data(), static_cast<int>(bytes.size())); }) ==
           static_cast<int>(bytes.size());
  }
  // How many bytes came; 0 or less at the end of the connection, or of the time.
  [[nodiscard]] int Read(std::span<char> into) {
    return Retried([&] { return BIO_read(bio_.get(), into.data(), static_cast<int>(into.size())); });
  }

 private:
  template <typename Call>
  int Retried(Call call) {
    const std::time_t end = std::time(nullptr) + at_most_.count();
    int done = call();
    while (done <= 0 && BIO_should_retry(bio_.get()) != 0 && BIO_wait(bio_.get(), end, kPollMilliseconds) == 1) {
      done = call();
    }
    return done;
  }

  BioHandle bio_;
  std::chrono::seconds at_most_;
};

// OpenSSL's macros cast as C does.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wcast-qual"
// The connection, not dialled yet, which will accept the host's certificate only.
Result<BioHandle> Connection(const Door& door, SSL_CTX* context) {
  BioHandle bio(BIO_new_ssl_connect(context));
  SSL* ssl = nullptr;
  if (bio == nullptr || BIO_get_ssl(bio.get(), &ssl) != 1) return OpenSslFailed(Code::kInternal, "no TLS");
  X509_VERIFY_PARAM* check = SSL_get0_param(ssl);
  const bool is_address = X509_VERIFY_PARAM_set1_ip_asc(check, door.host.c_str()) == 1;
  if (!is_address) {
    X509_VERIFY_PARAM_set1_host(check, door.host.c_str(), door.host.size());
    SSL_set_tlsext_host_name(ssl, door.host.c_str());
  }
  const bool needs_brackets = door.host.find(':') != std::string::npos;
  const std::string host = needs_brackets ? "[" + door.host + "]" : door.host;
  BIO_set_conn_hostname(bio.get(), host.c_str());
  BIO_set_conn_port(bio.get(), std::to_string(door.port).c_str());
  BIO_set_nbio(bio.get(), 1);
  return bio;
}
#pragma GCC diagnostic pop

// What the handshake or the first answer ended with. With TLS 1.3 the broker's verdict on our certificate comes only
// with the first reading.
Result<Welcome> WhyNot(const Door& door) {
  if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED) {
    ERR_clear_error();
    return Welcome::kTurnedAway;
  }
  return OpenSslFailed(Code::kUnavailable, fmt::format("{} did not let a valid certificate in", Address(door)));
}

}  // namespace

Result<Welcome> Knock(const Door& door, const KeyPair& pass, const std::string& client_id,
                      std::chrono::seconds at_most) {
  ERR_clear_error();
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));  // the broker may hang up while we write
  ASSIGN_OR_RETURN(const ContextHandle context, Context(door, pass));
  ASSIGN_OR_RETURN(BioHandle bio, Connection(door, context.get()));
  Line line(std::move(bio), at_most);
  if (!line.Dial()) return WhyNot(door);
  static_cast<void>(line.Write(ConnectPacket(client_id)));  // when it fails, the reason is there to be read
  char answer[64] = {};
  const int bytes = line.Read(answer);
  if (bytes < static_cast<int>(kConnackHead) || answer[0] != kConnack) return WhyNot(door);
  if (answer[kReasonAt] != 0) {
    return Status(Code::kUnavailable, fmt::format("{} refused the connection (code 0x{:02x}): see the broker's log",
                                                  Address(door), static_cast<unsigned char>(answer[kReasonAt])));
  }
  if (!line.Write(kDisconnect)) return WhyNot(door);
  return Welcome::kLetIn;
}

}  // namespace inferometer::mqtt::keys
