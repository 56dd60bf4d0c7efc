#include "os/appended_file.h"

#include <gtest/gtest.h>

#include "os/files.h"
#include "os/temporary_folder.h"

namespace inferometer::os {
namespace {

TEST(AppendedFile, KeepsWhatIsThere) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "lines";
  for (const char* line : {"one\n", "two\n"}) {
    auto file = AppendedFile::Open(path);
    ASSERT_TRUE(file.ok());
    EXPECT_TRUE(file->Append(line).ok());
  }
  EXPECT_EQ(*ReadFile(path, 100), "one\ntwo\n");
}

TEST(AppendedFile, WhatCannotBeOpenedOrWrittenIsNamed) {
  const TemporaryFolder folder;
  const auto nowhere = AppendedFile::Open(folder.path() / "none/lines");
  EXPECT_EQ(nowhere.status().code(), Code::kNotFound);
  EXPECT_NE(nowhere.status().message().find("none/lines"), std::string::npos);
  EXPECT_FALSE(AppendedFile::Open(folder.path()).ok()) << "a folder";
  const auto full = AppendedFile::Open("/dev/full");
  ASSERT_TRUE(full.ok());
  EXPECT_EQ(full->Append("x\n").code(), Code::kResourceExhausted);
}

}  // namespace
}  // namespace inferometer::os
