#include "exchange/postgresql_library.h"

#include <gtest/gtest.h>

namespace inferometer::exchange {
namespace {

void ExpectNextStep(const std::string& name, Code code) {
  const auto library = PostgresqlLibrary::Load(name);
  ASSERT_FALSE(library.ok()) << name;
  EXPECT_EQ(library.status().code(), code);
  EXPECT_NE(library.status().message().find("install libpq5"), std::string::npos) << library.status().message();
}

TEST(PostgresqlLibrary, HasEveryFunction) {
  const auto library = PostgresqlLibrary::Get();
  ASSERT_TRUE(library.ok()) << library.status().message();
  EXPECT_EQ(*library, *PostgresqlLibrary::Get());
}

TEST(PostgresqlLibrary, ThatIsNotThereOrAnotherSaysWhatToInstall) {
  ExpectNextStep("libpq-of-nowhere.so", Code::kNotFound);
  ExpectNextStep("libm.so.6", Code::kUnavailable);
}

}  // namespace
}  // namespace inferometer::exchange
