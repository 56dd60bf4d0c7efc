#include "os/open_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "os/faulty_files.h"
#include "os/temporary_folder.h"

namespace inferometer::os {
namespace {

bool IsOpen(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

OpenFile Created(FileCalls& calls, const std::filesystem::path& path) {
  auto opened = OpenFile::Open(calls, path, Access::kCreateNew);
  EXPECT_TRUE(opened.ok()) << opened.status().message();
  return std::move(opened).value();
}

TEST(WriteAllAt, ContinuesAfterShortWrites) {
  const TemporaryFolder folder;
  FaultyFileCalls calls([](int nth) { return nth == 2 || nth == 3 ? ENOSPC : 0; });
  calls.tear_writes = true;
  OpenFile file = Created(calls, folder.path() / "a");
  ASSERT_TRUE(file.WriteAllAt("hello world", 2).ok());
  EXPECT_EQ(*ReadFile(folder.path() / "a", 100), std::string("\0\0hello world", 13));
}

TEST(WriteAllAt, FailureNamesTheFile) {
  const TemporaryFolder folder;
  FaultyFileCalls calls([](int nth) { return nth == 2 ? ENOSPC : 0; });
  OpenFile file = Created(calls, folder.path() / "a");
  const Status status = file.WriteAllAt("hello", 0);
  EXPECT_EQ(status.code(), Code::kResourceExhausted);
  EXPECT_NE(status.message().find((folder.path() / "a").string()), std::string::npos);
}

TEST(ReadExactlyAt, FillsFromThePlaceAsked) {
  const TemporaryFolder folder;
  OpenFile file = Created(SystemFileCalls(), folder.path() / "a");
  ASSERT_TRUE(file.WriteAllAt("hello world", 0).ok());
  char bytes[5];
  ASSERT_TRUE(file.ReadExactlyAt(bytes, 6).ok());
  EXPECT_EQ(std::string_view(bytes, 5), "world");
}

TEST(ReadExactlyAt, FileThatEndsBeforeIsDataLoss) {
  const TemporaryFolder folder;
  OpenFile file = Created(SystemFileCalls(), folder.path() / "a");
  ASSERT_TRUE(file.WriteAllAt("hello", 0).ok());
  char bytes[5];
  const Status status = file.ReadExactlyAt(bytes, 3);
  EXPECT_EQ(status.code(), Code::kDataLoss);
  EXPECT_NE(status.message().find("ends at byte 5, 3 bytes early"), std::string::npos) << status.message();
}

TEST(ReadExactlyAt, FailureOfTheDiskIsNotDataLoss) {
  const TemporaryFolder folder;
  FaultyFileCalls calls([](int nth) { return nth == 2 ? EIO : 0; });
  const OpenFile file = Created(calls, folder.path() / "a");
  char bytes[5];
  EXPECT_EQ(file.ReadExactlyAt(bytes, 0).code(), Code::kInternal);
}

TEST(ReadUpTo, GivesWhatThereIs) {
  const TemporaryFolder folder;
  OpenFile file = Created(SystemFileCalls(), folder.path() / "a");
  ASSERT_TRUE(file.WriteAllAt("hello", 0).ok());
  char bytes[10];
  EXPECT_EQ(*file.ReadUpTo(bytes, 1), 4U);
  EXPECT_EQ(*file.ReadUpTo(bytes, 5), 0U);
}

TEST(OpenFile, ClosesAtDestructionAndOnlyOnceAfterAMove) {
  const TemporaryFolder folder;
  int fd = -1;
  {
    OpenFile first = Created(SystemFileCalls(), folder.path() / "a");
    fd = first.fd();
    const OpenFile second = std::move(first);
    EXPECT_EQ(second.fd(), fd);
    EXPECT_TRUE(IsOpen(fd));
  }
  EXPECT_FALSE(IsOpen(fd));
}

TEST(OpenFile, AssignedOverClosesWhatItHeld) {
  const TemporaryFolder folder;
  OpenFile kept = Created(SystemFileCalls(), folder.path() / "a");
  const int before = kept.fd();
  {
    OpenFile other = Created(SystemFileCalls(), folder.path() / "b");
    kept = std::move(other);
  }
  EXPECT_FALSE(IsOpen(before));
  EXPECT_TRUE(IsOpen(kept.fd()));
}

TEST(OpenFile, CloseTellsOfAFailureOnceAndHoldsNothingAfterwards) {
  const TemporaryFolder folder;
  FaultyFileCalls calls([](int nth) { return nth == 2 ? EIO : 0; });
  OpenFile file = Created(calls, folder.path() / "a");
  EXPECT_EQ(file.Close().code(), Code::kInternal);
  EXPECT_FALSE(file.is_open());
  EXPECT_TRUE(file.Close().ok());
  EXPECT_EQ(calls.calls(), 2);
}

TEST(OpenFile, ReleasedDescriptorStaysOpen) {
  const TemporaryFolder folder;
  int fd = -1;
  {
    OpenFile file = Created(SystemFileCalls(), folder.path() / "a");
    fd = file.Release();
  }
  EXPECT_TRUE(IsOpen(fd));
  EXPECT_TRUE(SystemFileCalls().Close(fd).ok());
}

}  // namespace
}  // namespace inferometer::os
