#include "os/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>

#include "os/faulty_files.h"
#include "os/temporary_folder.h"

namespace inferometer::os {
namespace {

std::vector<std::string> NamesIn(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename());
  return names;
}

TEST(WriteWholeFile, WritesWhatItWasGivenAndLeavesNothingElse) {
  const TemporaryFolder folder;
  ASSERT_TRUE(WriteWholeFile(SystemFileCalls(), folder.path() / "a", "hello").ok());
  EXPECT_EQ(*ReadFile(folder.path() / "a", 100), "hello");
  EXPECT_EQ(NamesIn(folder.path()), std::vector<std::string>{"a"});
}

TEST(WriteWholeFile, ShortWritesAreContinued) {
  const TemporaryFolder folder;
  FaultyFileCalls calls([](int nth) { return nth == 2 ? ENOSPC : 0; });
  calls.tear_writes = true;  // the second call is the first Write, which now takes half
  ASSERT_TRUE(WriteWholeFile(calls, folder.path() / "a", "hello world").ok());
  EXPECT_EQ(*ReadFile(folder.path() / "a", 100), "hello world");
}

// Every call of the write path fails once: create, write, fsync, close, rename, fsync of the folder.
TEST(WriteWholeFile, AnyFailingCallLeavesTheOldFileOrTheWholeNewOne) {
  const TemporaryFolder folder;
  FaultyFileCalls counting([](int) { return 0; });
  ASSERT_TRUE(WriteWholeFile(counting, folder.path() / "a", "old").ok());
  const int calls_of_a_write = counting.calls();
  ASSERT_EQ(calls_of_a_write, 6);
  for (int failing = 1; failing <= calls_of_a_write; ++failing) {
    ASSERT_TRUE(WriteWholeFile(SystemFileCalls(), folder.path() / "a", "old").ok());
    FaultyFileCalls calls([&](int nth) { return nth == failing ? EIO : 0; });
    EXPECT_FALSE(WriteWholeFile(calls, folder.path() / "a", "new").ok()) << failing;
    EXPECT_EQ(*ReadFile(folder.path() / "a", 100), failing == calls_of_a_write ? "new" : "old") << failing;
    EXPECT_EQ(NamesIn(folder.path()), std::vector<std::string>{"a"}) << failing;
  }
}

TEST(WriteWholeFile, ErrorNamesTheFile) {
  const Status status = WriteWholeFile(SystemFileCalls(), "/nowhere/at/all", "x");
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_NE(status.message().find("/nowhere/at/all"), std::string::npos);
}

TEST(ReadFile, TooLongIsAnErrorNotACut) {
  const TemporaryFolder folder;
  const auto file = folder.Put("a", "12345");
  EXPECT_EQ(*ReadFile(file, 5), "12345");
  EXPECT_EQ(ReadFile(file, 4).status().code(), Code::kResourceExhausted);
}

TEST(ReadFile, FolderIsAnError) { EXPECT_EQ(ReadFile("/", 5).status().code(), Code::kInvalidArgument); }

TEST(CreateFolders, MakesParentsAndIsHappyTwice) {
  const TemporaryFolder folder;
  ASSERT_TRUE(CreateFolders(folder.path() / "a/b/c").ok());
  ASSERT_TRUE(CreateFolders(folder.path() / "a/b/c").ok());
  EXPECT_TRUE(std::filesystem::is_directory(folder.path() / "a/b/c"));
}

TEST(CreateFolders, FileInTheWayIsAnError) {
  const TemporaryFolder folder;
  const auto file = folder.Put("a", "");
  EXPECT_FALSE(CreateFolders(file / "b").ok());
  EXPECT_FALSE(CreateFolders(file).ok());
}

TEST(FileLock, SecondIsRefusedUntilTheFirstIsGone) {
  const TemporaryFolder folder;
  {
    auto first = FileLock::Acquire(folder.path() / "lock");
    ASSERT_TRUE(first.ok());
    EXPECT_EQ(FileLock::Acquire(folder.path() / "lock").status().code(), Code::kFailedPrecondition);
  }
  EXPECT_TRUE(FileLock::Acquire(folder.path() / "lock").ok());
}

TEST(FileLock, WhoAsksWhetherItIsHeldNeitherTakesItNorMakesIt) {
  const TemporaryFolder folder;
  EXPECT_FALSE(FileLock::IsHeld(folder.path() / "lock"));
  EXPECT_TRUE(NamesIn(folder.path()).empty());
  auto held = FileLock::Acquire(folder.path() / "lock");
  ASSERT_TRUE(held.ok());
  EXPECT_TRUE(FileLock::IsHeld(folder.path() / "lock"));
  { const FileLock gone = std::move(*held); }
  EXPECT_FALSE(FileLock::IsHeld(folder.path() / "lock"));
  EXPECT_TRUE(FileLock::Acquire(folder.path() / "lock").ok());
}

TEST(KeptFile, ReadsTheNewContentEachTime) {
  const TemporaryFolder folder;
  const auto path = folder.Put("a", "1\n");
  auto file = KeptFile::Open(path);
  ASSERT_TRUE(file.ok());
  char buffer[16];
  EXPECT_EQ(*file->Read(buffer), "1\n");
  folder.Put("a", "22\n");
  EXPECT_EQ(*file->Read(buffer), "22\n");
}

TEST(KeptFile, MissingIsNotFound) { EXPECT_EQ(KeptFile::Open("/nowhere").status().code(), Code::kNotFound); }

TEST(KeptSwitch, WritesFromTheBeginning) {
  const TemporaryFolder folder;
  const auto path = folder.Put("a", "");
  auto file = KeptSwitch::Open(path);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(file->Write("5").ok());
  ASSERT_TRUE(file->Write("6").ok());
  EXPECT_EQ(*ReadFile(path, 10), "6");
}

}  // namespace
}  // namespace inferometer::os
