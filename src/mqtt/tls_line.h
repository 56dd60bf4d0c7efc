#pragma once
// A client's TLS connection with no MQTT on it yet, for what is asked beside a session. Internal to this folder.

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "inferometer/status.h"

struct bio_st;      // OpenSSL's BIO
struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace inferometer::mqtt {

// One thread. Waits for nothing longer than `at_most`, but for a name to be resolved. Where a call fails, OpenSSL's
// errors of this thread say why. Ignores SIGPIPE for the whole process, as Connection does: the other side may hang up
// while we write.
class TlsLine {
 public:
  // Not dialled yet; will accept a certificate for `host` only. `context` is shared.
  [[nodiscard]] static Result<TlsLine> Make(ssl_ctx_st* context, const std::string& host, int port,
                                            std::chrono::seconds at_most);

  // Connects and shakes hands.
  [[nodiscard]] bool Dial();
  [[nodiscard]] bool Write(std::string_view bytes);
  // How many bytes came; 0 or less at the end of the connection, or of the time.
  [[nodiscard]] int Read(std::span<char> into);

 private:
  struct FreeBio {
    void operator()(bio_st* bio) const;
  };
  TlsLine(bio_st* bio, std::chrono::seconds at_most) : bio_(bio), at_most_(at_most) {}
  template <typename Call>
  int Retried(Call call);

  std::unique_ptr<bio_st, FreeBio> bio_;
  std::chrono::seconds at_most_;
};

}  // namespace inferometer::mqtt
