#include "exchange/postgresql_url.h"

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "exchange/postgresql_library.h"

namespace inferometer::exchange {
namespace {

constexpr std::string_view kSchemes[] = {"postgresql://", "postgres://"};

struct FreeOptions {
  const PostgresqlLibrary* pq;
  void operator()(PQconninfoOption* options) const { pq->conninfo_free(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

struct Value {
  std::string_view keyword;
  std::string_view value;
  bool is_secret;
};

std::vector<Value> ValuesOf(const PQconninfoOption* options) {
  std::vector<Value> values;
  for (const auto* option = options; option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    values.push_back({option->keyword, option->val, std::string_view(option->dispchar) == "*"});
  }
  return values;
}

std::string_view Find(const std::vector<Value>& values, std::string_view keyword) {
  const auto found =
      std::find_if(values.begin(), values.end(), [&](const Value& value) { return value.keyword == keyword; });
  return found == values.end() ? std::string_view() : found->value;
}

// A password with a character that has a meaning in a URL ends up in other parts, which messages name.
bool IsMisread(const std::string& text, const std::vector<Value>& values) {
  const std::string_view port = Find(values, "port");
  const bool is_port = port.find_first_not_of("0123456789,") == std::string_view::npos;
  const std::string_view before_options = std::string_view(text).substr(0, text.find('?'));
  return !is_port || std::count(before_options.begin(), before_options.end(), '@') > 1 ||
         std::any_of(values.begin(), values.end(), [](const Value& value) {
           return (value.keyword == "host" || value.keyword == "dbname") && value.value.find('@') != std::string::npos;
         });
}

std::string Display(const std::vector<Value>& values) {
  std::string text(kSchemes[0]);
  const std::string_view user = Find(values, "user");
  const std::string_view port = Find(values, "port");
  if (!user.empty()) text.append(user).append("@");
  text += Find(values, "host");
  if (!port.empty()) text.append(":").append(port);
  return text.append("/").append(Find(values, "dbname"));
}

// What libpq waits for a server that does not answer; for ever, if nobody says anything.
std::string WithTimeout(std::string text, const std::vector<Value>& values) {
  if (!Find(values, "connect_timeout").empty() || std::getenv("PGCONNECT_TIMEOUT") != nullptr) return text;
  text += text.find('?') == std::string::npos ? '?' : '&';
  return text + "connect_timeout=10";
}

}  // namespace

bool IsPostgresqlUrl(std::string_view text) {
  return std::any_of(std::begin(kSchemes), std::end(kSchemes),
                     [&](std::string_view scheme) { return text.starts_with(scheme); });
}

Result<PostgresqlUrl> PostgresqlUrl::Parse(const std::string& text) {
  ASSIGN_OR_RETURN(const PostgresqlLibrary* const pq, PostgresqlLibrary::Get());
  const Options options(pq->conninfo_parse(text.c_str(), nullptr), FreeOptions{pq});
  const auto values = options != nullptr ? ValuesOf(options.get()) : std::vector<Value>();
  if (options == nullptr || IsMisread(text, values)) {
    return Status(
        Code::kInvalidArgument,
        "the PostgreSQL URL cannot be read (it is not repeated, since a password may stand in it): it is "
        "postgresql://user@host:5432/database; in a password write @ : / ? # % as %40 %3A %2F %3F %23 %25, or "
        "leave the password to PGPASSWORD or ~/.pgpass");
  }
  PostgresqlUrl url;
  url.text_ = WithTimeout(text, values);
  url.display_ = Display(values);
  for (const Value& value : values) {
    if (value.is_secret && !value.value.empty()) url.secrets_.emplace_back(value.value);
  }
  return url;
}

std::string PostgresqlUrl::WithoutSecrets(std::string message) const {
  for (const std::string& secret : secrets_) {
    for (std::size_t at = 0; (at = message.find(secret, at)) != std::string::npos; at += 3) {
      message.replace(at, secret.size(), "***");
    }
  }
  return message;
}

}  // namespace inferometer::exchange
