#include "os/file_buffer.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdint>
#include <string>

#include "os/temporary_folder.h"

namespace inferometer::os {
namespace {

TEST(FileBuffer, HoldsTheFileFollowedByZeros) {
  const TemporaryFolder folder;
  FileBuffer buffer(8);
  ASSERT_EQ(*buffer.Read(folder.Put("long", "0123456789"), 100), "0123456789");
  const auto text = buffer.Read(folder.Put("short", "ab"), 100);
  ASSERT_EQ(*text, "ab");
  for (std::size_t i = 2; i < 10; ++i) EXPECT_EQ(text->data()[i], '\0') << i;
}

TEST(FileBuffer, BeginsACacheLine) {
  const TemporaryFolder folder;
  FileBuffer buffer(8);
  const auto text = buffer.Read(folder.Put("large", std::string(1 << 20, 'x')), 1 << 20);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(text->data()) % 64, 0U);
}

TEST(FileBuffer, EmptyFileIsEmpty) {
  const TemporaryFolder folder;
  FileBuffer buffer(8);
  EXPECT_EQ(*buffer.Read(folder.Put("empty", ""), 100), "");
}

// Tests of all the error paths follow.

TEST(FileBuffer, TooLongIsAnErrorNotACut) {
  const TemporaryFolder folder;
  FileBuffer buffer(8);
  EXPECT_TRUE(buffer.Read(folder.Put("a", "12345"), 5).ok());
  EXPECT_EQ(buffer.Read(folder.Put("a", "12345"), 4).status().code(), Code::kResourceExhausted);
}

TEST(FileBuffer, MissingIsNotFound) { EXPECT_EQ(FileBuffer(8).Read("/nowhere", 5).status().code(), Code::kNotFound); }

TEST(FileBuffer, FolderAndPipeAreRefusedWithoutWaiting) {
  const TemporaryFolder folder;
  FileBuffer buffer(8);
  EXPECT_EQ(buffer.Read(folder.path(), 100).status().code(), Code::kInvalidArgument);
  ASSERT_EQ(::mkfifo((folder.path() / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(buffer.Read(folder.path() / "pipe", 100).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace inferometer::os
