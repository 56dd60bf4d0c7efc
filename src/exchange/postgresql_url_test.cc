#include "exchange/postgresql_url.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace inferometer::exchange {
namespace {

TEST(PostgresqlUrl, IsShownWithoutItsPassword) {
  const auto url = PostgresqlUrl::Parse("postgresql://user:hunter2@host:5433/base?sslmode=require");
  ASSERT_TRUE(url.ok()) << url.status().message();
  EXPECT_EQ(url->display(), "postgresql://user@host:5433/base");
  EXPECT_NE(url->text().find("hunter2"), std::string::npos);
}

TEST(PostgresqlUrl, LeftOutPartsAreNotShown) {
  EXPECT_EQ(PostgresqlUrl::Parse("postgres:///base?host=/run")->display(), "postgresql:///run/base");
}

TEST(PostgresqlUrl, SecretsGoOutOfMessages) {
  const auto url = PostgresqlUrl::Parse("postgresql://user:hunter%322@host/base?sslpassword=key");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(url->WithoutSecrets("hunter22 and again hunter22, and key"), "*** and again ***, and ***");
  EXPECT_EQ(url->WithoutSecrets("no secret"), "no secret");
}

TEST(PostgresqlUrl, WhatCannotBeReadIsNeverRepeated) {
  for (const std::string text : {"postgresql://user:sec@ret@host/base", "postgresql://user:sec/ret@host/base",
                                 "postgresql://user:secret%zz@host/base", "postgresql://user:secret@host:sec/base",
                                 "postgresql://user@host/base?secret", "postgresql://user@host/base?secret=1",
                                 "postgresql://user:secret@[host/base", "postgresql://user@host/ba%40secret"}) {
    const auto url = PostgresqlUrl::Parse(text);
    ASSERT_FALSE(url.ok()) << text;
    EXPECT_EQ(url.status().code(), Code::kInvalidArgument) << text;
    for (const char* part : {"secret", "sec", "ret@"}) {
      EXPECT_EQ(url.status().message().find(part), std::string::npos) << url.status().message();
    }
  }
}

TEST(PostgresqlUrl, ServerThatDoesNotAnswerIsNotWaitedForForEver) {
  ::unsetenv("PGCONNECT_TIMEOUT");
  EXPECT_TRUE(PostgresqlUrl::Parse("postgresql://host/base")->text().ends_with("/base?connect_timeout=10"));
  EXPECT_TRUE(PostgresqlUrl::Parse("postgresql://host/base?sslmode=require")->text().ends_with("&connect_timeout=10"));
  EXPECT_TRUE(PostgresqlUrl::Parse("postgresql://host/base?connect_timeout=3")->text().ends_with("?connect_timeout=3"));
  ::setenv("PGCONNECT_TIMEOUT", "5", 1);
  EXPECT_TRUE(PostgresqlUrl::Parse("postgresql://host/base")->text().ends_with("/base"));
  ::unsetenv("PGCONNECT_TIMEOUT");
}

}  // namespace
}  // namespace inferometer::exchange
