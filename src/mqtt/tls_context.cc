#include "mqtt/tls_context.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <chrono>
#include <string_view>

namespace inferometer::mqtt {
namespace {

Status Unusable(std::string_view what) {
  std::array<char, 256> why{};
  ERR_error_string_n(ERR_get_error(), why.data(), why.size());
  ERR_clear_error();
  return {Code::kUnavailable,
          fmt::format("cannot use the certificates ({}): is {} still there and readable?", why.data(), what)};
}

// Called for each certificate of the chain, and once for each thing that is wrong.
int NoteHostName(int is_well, X509_STORE_CTX* store) {
  const int error = X509_STORE_CTX_get_error(store);
  if (is_well == 1 || (error != X509_V_ERR_HOSTNAME_MISMATCH && error != X509_V_ERR_IP_ADDRESS_MISMATCH))
    return is_well;
  const auto* ssl = static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  *static_cast<std::string*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl))) += "host name verification failed; ";
  return 0;
}

Status Trust(SSL_CTX* context, const std::string& ca_file) {
  if (ca_file.empty()) {
    return SSL_CTX_set_default_verify_paths(context) == 1 ? Ok() : Unusable("the machine's store of certificates");
  }
  return SSL_CTX_load_verify_file(context, ca_file.c_str()) == 1 ? Ok() : Unusable(ca_file);
}

Status Identify(SSL_CTX* context, const Tls& tls) {
  if (tls.cert_file.empty()) return Ok();
  if (SSL_CTX_use_certificate_chain_file(context, tls.cert_file.c_str()) != 1) return Unusable(tls.cert_file);
  const bool taken = SSL_CTX_use_PrivateKey_file(context, tls.key_file.c_str(), SSL_FILETYPE_PEM) == 1 &&
                     SSL_CTX_check_private_key(context) == 1;
  return taken ? Ok() : Unusable(tls.key_file);
}

// Whom the certificate must be for, and when it must be valid.
Status Expect(SSL_CTX* context, const std::string& host, WallTime judged_at) {
  X509_VERIFY_PARAM* expected = SSL_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_time(expected,
                             std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(judged_at)));
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const bool is_set = X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) == 1 ||
                      X509_VERIFY_PARAM_set1_host(expected, host.c_str(), 0) == 1;
  ERR_clear_error();  // of a name that is no address
  return is_set ? Ok() : Status(Code::kInvalidArgument, "\"" + host + "\" is no host that a certificate can name");
}

}  // namespace

void FreeTlsContext::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

Result<TlsContext> MakeTlsContext(const Options& options, WallTime judged_at, std::string& log) {
  TlsContext context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) return {Code::kResourceExhausted, "no memory for TLS"};
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_app_data(context.get(), &log);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, NoteHostName);
  RETURN_IF_ERROR(Trust(context.get(), options.tls->ca_file));
  RETURN_IF_ERROR(Identify(context.get(), *options.tls));
  RETURN_IF_ERROR(Expect(context.get(), options.host, judged_at));
  return context;
}

}  // namespace inferometer::mqtt
