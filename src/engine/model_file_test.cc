#include "engine/model_file.h"

#include <gtest/gtest.h>

#include "os/temporary_folder.h"

namespace inferometer::engine {
namespace {

class ModelFileTest : public testing::Test {
 protected:
  void ExpectRefused(const std::filesystem::path& path, Code code, const std::string& words) {
    const auto file = InspectModelFile(path);
    ASSERT_FALSE(file.ok());
    EXPECT_EQ(file.status().code(), code);
    EXPECT_NE(file.status().message().find(words), std::string::npos) << file.status().message();
    EXPECT_NE(file.status().message().find(path.string()), std::string::npos) << file.status().message();
  }
  os::TemporaryFolder folder_;
};

TEST_F(ModelFileTest, NameIsTheFilesWithoutItsEnding) {
  const auto file = InspectModelFile(folder_.Put("Tiny.Q4_1.gguf", "GGUF...."));
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_EQ(file->name, "Tiny.Q4_1");
  EXPECT_EQ(file->size_bytes, 8U);
  EXPECT_EQ(InspectModelFile(folder_.Put("sha256-abc", "GGUF...."))->name, "sha256-abc");
}

TEST_F(ModelFileTest, MissingFileSaysHowToGiveOne) {
  ExpectRefused(folder_.path() / "none.gguf", Code::kNotFound, "--model");
}

TEST_F(ModelFileTest, FolderIsRefused) { ExpectRefused(folder_.path(), Code::kInvalidArgument, "is a folder"); }

TEST_F(ModelFileTest, WhatIsNotAGgufIsRefused) {
  ExpectRefused(folder_.Put("a.bin", "PK\x03\x04 zip"), Code::kInvalidArgument, "not a GGUF");
  ExpectRefused(folder_.Put("empty.gguf", ""), Code::kInvalidArgument, "not a GGUF");
}

TEST_F(ModelFileTest, WeightsLargerThanAvailableMemoryAreRefusedWithBothSizes) {
  folder_.Put("meminfo", "MemTotal:  9000000 kB\nMemFree: 1 kB\nMemAvailable:      2048 kB\n");
  const ModelFile file{"big.gguf", 3U << 20U, "big"};
  const Status status = CheckFitsInMemory(file, folder_.path());
  EXPECT_EQ(status.code(), Code::kResourceExhausted);
  EXPECT_NE(status.message().find("3 MB and 2 MB"), std::string::npos) << status.message();
  EXPECT_TRUE(CheckFitsInMemory({"fits.gguf", 2U << 20U, "fits"}, folder_.path()).ok());
}

TEST_F(ModelFileTest, UnreadableMeminfoRefusesNothing) {
  const ModelFile file{"big.gguf", 3U << 20U, "big"};
  EXPECT_TRUE(CheckFitsInMemory(file, folder_.path() / "nowhere").ok());
  for (const char* text : {"", "MemAvailable:", "MemAvailable: many kB"}) {
    folder_.Put("meminfo", text);
    EXPECT_TRUE(CheckFitsInMemory(file, folder_.path()).ok()) << text;
  }
}

}  // namespace
}  // namespace inferometer::engine
