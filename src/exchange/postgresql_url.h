#pragma once
// A database as a URL names it. No password leaves this file but towards the server.

#include <string>
#include <string_view>
#include <vector>

#include "inferometer/status.h"

namespace inferometer::exchange {

// Copyable value.
class PostgresqlUrl {
 public:
  // Takes postgresql://[user[:password]@][host][:port][/database][?option=value&...], as libpq does; what is left out
  // comes from libpq's environment (PGHOST, PGPASSWORD, ...), service and password files. kInvalidArgument never
  // repeats the text, which may hold a password.
  [[nodiscard]] static Result<PostgresqlUrl> Parse(const std::string& text);

  // For libpq, with the password.
  [[nodiscard]] const std::string& text() const { return text_; }
  // For people: "postgresql://user@host:port/database".
  [[nodiscard]] const std::string& display() const { return display_; }
  // `message` with every secret of the URL, as it stands there or decoded, replaced by "***".
  [[nodiscard]] std::string WithoutSecrets(std::string message) const;

 private:
  std::string text_;
  std::string display_;
  std::vector<std::string> secrets_;  // decoded
};

// Whether the text is meant as such a URL.
[[nodiscard]] bool IsPostgresqlUrl(std::string_view text);

}  // namespace inferometer::exchange
