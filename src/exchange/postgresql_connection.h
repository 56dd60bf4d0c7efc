#pragma once
// One session with a PostgreSQL server: statements, and COPY.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exchange/postgresql_url.h"
#include "inferometer/status.h"

namespace inferometer::exchange {

// What a statement gave back: text, or nothing where it was NULL.
struct PostgresqlRows {
  std::vector<std::vector<std::optional<std::string>>> rows;
  std::uint64_t affected = 0;  // rows that it inserted, updated or deleted
};

// Errors name the database and say what the server said, without the URL's secrets. Movable; one thread at a time.
class PostgresqlConnection {
 public:
  // kUnavailable when nobody answers or lets us in.
  [[nodiscard]] static Result<PostgresqlConnection> Open(const PostgresqlUrl& url);

  [[nodiscard]] Result<PostgresqlRows> Run(const std::string& sql,
                                           const std::vector<std::optional<std::string>>& parameters = {});

  // After `sql`, a COPY ... FROM STDIN, has begun it: hands bytes on (it may keep them for a while), and ends it.
  [[nodiscard]] Status BeginCopy(const std::string& sql);
  [[nodiscard]] Status Copy(std::string_view bytes);
  [[nodiscard]] Status EndCopy();

  // The SQLSTATE of the latest failure: five characters, or none where the server did not name one.
  [[nodiscard]] const std::string& latest_state() const;

 private:
  struct Session;
  struct Close {
    void operator()(Session* session) const;
  };
  PostgresqlConnection(PostgresqlUrl url, std::unique_ptr<Session, Close> session);
  [[nodiscard]] Status Failure() const;

  PostgresqlUrl url_;
  std::unique_ptr<Session, Close> session_;
};

}  // namespace inferometer::exchange
