#include "mqtt/certificate_verdict.h"

#include <openssl/err.h>

#include <array>

#include "mqtt/tls_context.h"
#include "mqtt/tls_line.h"

namespace inferometer::mqtt {
namespace {

std::string Alert() {
  std::array<char, 256> words{};
  ERR_error_string_n(ERR_peek_error(), words.data(), words.size());
  ERR_clear_error();
  const std::string text = words.data();
  return text.find(" alert ") == std::string::npos ? "" : text;
}

}  // namespace

std::string AskForVerdict(const Options& options, std::chrono::seconds at_most) {
  const auto floored = options.certificates_judged_at ? options.certificates_judged_at() : std::nullopt;
  const auto now = std::chrono::time_point_cast<WallTime::duration>(std::chrono::system_clock::now());
  std::string unused_log;
  const auto context = MakeTlsContext(options, floored.value_or(now), unused_log);
  if (!context.ok()) return "";
  auto line = TlsLine::Make(context->get(), options.host, options.port, at_most);
  if (!line.ok()) return "";
  if (!line->Dial()) return Alert();  // TLS 1.2 says it within the handshake
  std::array<char, 1> nothing{};
  return line->Read(nothing) > 0 ? "" : Alert();
}

}  // namespace inferometer::mqtt
