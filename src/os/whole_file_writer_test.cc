#include "os/whole_file_writer.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>

#include "os/faulty_files.h"
#include "os/temporary_folder.h"

namespace inferometer::os {
namespace {

std::size_t FilesIn(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
}

Status WriteLong(FileCalls& calls, const std::filesystem::path& path, const std::string& piece, int pieces) {
  ASSIGN_OR_RETURN(WholeFileWriter writer, WholeFileWriter::Open(calls, path));
  for (int i = 0; i < pieces; ++i) RETURN_IF_ERROR(writer.Append(piece));
  return writer.Commit();
}

TEST(WholeFileWriter, WritesEverythingInOrder) {
  const TemporaryFolder folder;
  const std::string piece(1000, 'x');
  ASSERT_TRUE(WriteLong(SystemFileCalls(), folder.path() / "a", piece + "\n", 200).ok());
  const std::string text = *ReadFile(folder.path() / "a", 1'000'000);
  EXPECT_EQ(text.size(), 200U * 1001U);
  EXPECT_EQ(FilesIn(folder.path()), 1U);
}

TEST(WholeFileWriter, WithoutCommitNothingStays) {
  const TemporaryFolder folder;
  {
    auto writer = WholeFileWriter::Open(SystemFileCalls(), folder.path() / "a");
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE(writer->Append("x").ok());
  }
  EXPECT_EQ(FilesIn(folder.path()), 0U);
}

// Tests of all the error paths follow: every call fails once.

TEST(WholeFileWriter, AnyFailingCallLeavesTheOldFileOrTheWholeNewOne) {
  const TemporaryFolder folder;
  const std::string piece(40'000, 'n');
  FaultyFileCalls counting([](int) { return 0; });
  ASSERT_TRUE(WriteLong(counting, folder.path() / "a", piece, 3).ok());
  const int calls_of_a_write = counting.calls();
  for (int failing = 1; failing <= calls_of_a_write; ++failing) {
    folder.Put("a", "old");
    FaultyFileCalls calls([&](int nth) { return nth == failing ? ENOSPC : 0; });
    EXPECT_FALSE(WriteLong(calls, folder.path() / "a", piece, 3).ok()) << failing;
    const std::string text = *ReadFile(folder.path() / "a", 1'000'000);
    EXPECT_EQ(text == "old", failing != calls_of_a_write) << failing;
    EXPECT_EQ(FilesIn(folder.path()), 1U) << failing;
  }
}

// As root, a file renamed to it would break the machine.
TEST(WholeFileWriter, DevicesAndPipesAreNotReplaced) {
  const TemporaryFolder folder;
  const std::filesystem::path pipe = folder.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::filesystem::create_symlink("/dev/null", folder.path() / "link");
  for (const std::filesystem::path& path : {pipe, folder.path() / "link", std::filesystem::path("/dev/null")}) {
    const auto writer = WholeFileWriter::Open(SystemFileCalls(), path);
    EXPECT_EQ(writer.status().code(), Code::kInvalidArgument) << path;
    EXPECT_NE(writer.status().message().find(path.string()), std::string::npos);
  }
}

TEST(WholeFileWriter, ErrorNamesTheFileBeforeTheWork) {
  const auto writer = WholeFileWriter::Open(SystemFileCalls(), "/nowhere/at/all");
  EXPECT_EQ(writer.status().code(), Code::kNotFound);
  EXPECT_NE(writer.status().message().find("/nowhere/at/all"), std::string::npos);
}

}  // namespace
}  // namespace inferometer::os
