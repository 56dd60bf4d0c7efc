#include "mqtt/tls_line.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <csignal>
#include <ctime>

namespace inferometer::mqtt {
namespace {

constexpr unsigned kPollMilliseconds = 5;

}  // namespace

void TlsLine::FreeBio::operator()(bio_st* bio) const { BIO_free_all(bio); }

// OpenSSL's macros cast as C does.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wcast-qual"
Result<TlsLine> TlsLine::Make(ssl_ctx_st* context, const std::string& host, int port, std::chrono::seconds at_most) {
  ERR_clear_error();
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  TlsLine line(BIO_new_ssl_connect(context), at_most);
  BIO* bio = line.bio_.get();
  SSL* ssl = nullptr;
  if (bio == nullptr || BIO_get_ssl(bio, &ssl) != 1) return {Code::kResourceExhausted, "no memory for TLS"};
  X509_VERIFY_PARAM* check = SSL_get0_param(ssl);
  const bool is_address = X509_VERIFY_PARAM_set1_ip_asc(check, host.c_str()) == 1;
  ERR_clear_error();  // of a name that is no address
  if (!is_address) {
    X509_VERIFY_PARAM_set1_host(check, host.c_str(), host.size());
    SSL_set_tlsext_host_name(ssl, host.c_str());
  }
  const bool needs_brackets = host.find(':') != std::string::npos;
  BIO_set_conn_hostname(bio, (needs_brackets ? "[" + host + "]" : host).c_str());
  BIO_set_conn_port(bio, std::to_string(port).c_str());
  BIO_set_nbio(bio, 1);
  return line;
}
#pragma GCC diagnostic pop

bool TlsLine::Dial() {
  return BIO_do_connect_retry(bio_.get(), static_cast<int>(at_most_.count()), kPollMilliseconds) == 1;
}

template <typename Call>
int TlsLine::Retried(Call call) {
  const std::time_t end = std::time(nullptr) + at_most_.count();
  int done = call();
  while (done <= 0 && BIO_should_retry(bio_.get()) != 0 && BIO_wait(bio_.get(), end, kPollMilliseconds) == 1) {
    done = call();
  }
  return done;
}

bool TlsLine::Write(std::string_view bytes) {
  return Retried([&] { return BIO_write(bio_.get(), bytes.data(), static_cast<int>(bytes.size())); }) ==
         static_cast<int>(bytes.size());
}

int TlsLine::Read(std::span<char> into) {
  return Retried([&] { return BIO_read(bio_.get(), into.data(), static_cast<int>(into.size())); });
}

}  // namespace inferometer::mqtt
