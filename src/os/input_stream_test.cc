#include "os/input_stream.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "os/temporary_folder.h"

namespace inferometer::os {
namespace {

Result<std::string> ReadOnce(const InputStream& stream) {
  char buffer[4];
  const auto got = stream.Read(buffer);
  if (!got.ok()) return got.status();
  return std::string(buffer, *got);
}

TEST(InputStream, ReadsAFileToItsEnd) {
  const TemporaryFolder folder;
  const auto stream = InputStream::Open(folder.Put("a", "123456").string());
  ASSERT_TRUE(stream.ok());
  EXPECT_EQ(*ReadOnce(*stream), "1234");
  EXPECT_EQ(*ReadOnce(*stream), "56");
  EXPECT_EQ(*ReadOnce(*stream), "");
}

TEST(InputStream, MissingFileIsNamed) {
  const auto stream = InputStream::Open("/no/such/file");
  EXPECT_EQ(stream.status().code(), Code::kNotFound);
  EXPECT_NE(stream.status().message().find("/no/such/file"), std::string::npos);
}

TEST(InputStream, FolderCannotBeRead) {
  const auto stream = InputStream::Open("/");
  ASSERT_TRUE(stream.ok());
  EXPECT_EQ(ReadOnce(*stream).status().code(), Code::kInvalidArgument);
}

TEST(InputStream, RingEndsAWaitForAWriter) {
  const TemporaryFolder folder;
  const std::string pipe = (folder.path() / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const auto bell = Doorbell::Make();
  const auto stream = InputStream::Open(pipe, &*bell);
  ASSERT_TRUE(stream.ok());
  std::thread other([&] { bell->Ring(); });
  EXPECT_EQ(ReadOnce(*stream).status().code(), Code::kCancelled);
  other.join();
}

TEST(InputStream, RingEndsAWaitForInput) {
  const TemporaryFolder folder;
  const std::string pipe = (folder.path() / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const auto bell = Doorbell::Make();
  ASSERT_TRUE(bell.ok());
  std::thread writer([&] {
    std::ofstream out(pipe);
    out << "ab" << std::flush;
    EXPECT_TRUE(bell->Wait(-1, false, std::chrono::seconds(20)).rung);  // keeps the pipe open until then
  });
  const auto stream = InputStream::Open(pipe, &*bell);
  ASSERT_TRUE(stream.ok());
  EXPECT_EQ(*ReadOnce(*stream), "ab");
  std::thread other([&] { bell->Ring(); });
  EXPECT_EQ(ReadOnce(*stream).status().code(), Code::kCancelled);
  other.join();
  writer.join();
}

}  // namespace
}  // namespace inferometer::os
