#pragma once
// TLS for a client that cannot go by the machine's clock. Internal to this folder.

#include <memory>
#include <string>

#include "inferometer/record.h"
#include "inferometer/status.h"
#include "mqtt/options.h"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace inferometer::mqtt {

struct FreeTlsContext {
  void operator()(ssl_ctx_st* context) const;
};
using TlsContext = std::unique_ptr<ssl_ctx_st, FreeTlsContext>;

// What libmosquitto makes of the same options, with the broker's certificate judged at that time: TLS 1.2 or newer, the
// authority, the host name, the purpose and the validity checked. A host name that is not the certificate's is noted in
// `log` in libmosquitto's words, since OpenSSL's error does not tell it from other refusals; `log` must outlive every
// handshake. kUnavailable, with the file, where one cannot be used.
//
// All of it is ours and nothing libmosquitto's (MOSQ_OPT_SSL_CTX, and _WITH_DEFAULTS off): with its defaults
// libmosquitto 2.0.11 refuses every certificate on a context of others, because it makes the index under which its
// check finds the client only together with a context of its own.
[[nodiscard]] Result<TlsContext> MakeTlsContext(const Options& options, WallTime judged_at, std::string& log);

}  // namespace inferometer::mqtt
