#include "archive/tar_library.h"

#include <gtest/gtest.h>

namespace inferometer::archive {
namespace {

TEST(TarLibrary, IsFoundWithAllThatIsNeeded) {
  const auto library = TarLibrary::Get();
  ASSERT_TRUE(library.ok()) << library.status().message();
  EXPECT_NE((*library)->write_new, nullptr);
}

TEST(TarLibrary, WhereItIsNotTheNextStepIsSaid) {
  const auto library = TarLibrary::Load("libno-such-archive.so.1");
  ASSERT_FALSE(library.ok());
  EXPECT_EQ(library.status().code(), Code::kNotFound);
  EXPECT_NE(library.status().message().find("apt-get install libarchive13"), std::string::npos);
}

TEST(TarLibrary, AnotherLibraryUnderItsNameIsNamed) {
  const auto library = TarLibrary::Load("libm.so.6");
  ASSERT_FALSE(library.ok());
  EXPECT_EQ(library.status().code(), Code::kUnavailable);
  EXPECT_NE(library.status().message().find("libm.so.6 has no archive_"), std::string::npos);
}

}  // namespace
}  // namespace inferometer::archive
