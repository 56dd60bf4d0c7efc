#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <limits>

#include "os/faulty_files.h"
#include "os/files.h"
#include "os/open_file.h"
#include "os/temporary_folder.h"

namespace inferometer::os {
namespace {

using Names = std::vector<std::string>;

class RealFileCalls : public testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path Path(std::string_view name) const { return folder_.path() / name; }
  [[nodiscard]] OpenFile Open(std::string_view name, Access access) {
    auto opened = OpenFile::Open(calls_, Path(name), access);
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    return std::move(opened).value();
  }
  [[nodiscard]] Code CodeOfOpening(std::string_view name, Access access) {
    return OpenFile::Open(calls_, Path(name), access).status().code();
  }
  [[nodiscard]] std::string Contents(std::string_view name) const { return *ReadFile(Path(name), 1 << 20); }

  const TemporaryFolder folder_;
  FileCalls& calls_ = SystemFileCalls();
};

TEST_F(RealFileCalls, ReadAndWriteAtAnyPlaceOfANewFile) {
  const OpenFile file = Open("a", Access::kCreateNew);
  EXPECT_EQ(*calls_.WriteAt(file.fd(), "hello", 0), 5U);
  EXPECT_EQ(*calls_.WriteAt(file.fd(), "p!", 3), 2U);
  char bytes[8] = {};
  EXPECT_EQ(*calls_.ReadAt(file.fd(), bytes, 1), 4U);
  EXPECT_EQ(std::string_view(bytes), "elp!");
  EXPECT_EQ(*calls_.ReadAt(file.fd(), bytes, 5), 0U);
}

TEST_F(RealFileCalls, CreatingANameThatIsTakenIsRefusedAndHarmsNothing) {
  folder_.Put("a", "old");
  EXPECT_EQ(CodeOfOpening("a", Access::kCreateNew), Code::kFailedPrecondition);
  EXPECT_EQ(Contents("a"), "old");
}

TEST_F(RealFileCalls, OpeningCreatesNothing) {
  EXPECT_EQ(CodeOfOpening("a", Access::kRead), Code::kNotFound);
  EXPECT_EQ(CodeOfOpening("a", Access::kReadWrite), Code::kNotFound);
}

TEST_F(RealFileCalls, OpeningFollowsNoLink) {
  const auto target = folder_.Put("target", "secret");
  std::filesystem::create_symlink(target, Path("link"));
  for (const Access access : {Access::kRead, Access::kReadWrite, Access::kCreateNew}) {
    EXPECT_NE(CodeOfOpening("link", access), Code::kOk);
  }
  EXPECT_FALSE(calls_.CreateForWriting(Path("link")).ok());
  EXPECT_EQ(Contents("target"), "secret");
}

TEST_F(RealFileCalls, PipeInAFilesPlaceIsNotWaitedFor) {
  ASSERT_EQ(::mkfifo(Path("a").c_str(), 0600), 0);
  const OpenFile file = Open("a", Access::kRead);
  char byte[1];
  EXPECT_FALSE(calls_.ReadAt(file.fd(), byte, 0).ok());
}

TEST_F(RealFileCalls, DescriptorsStayOutOfChildPrograms) {
  const OpenFile file = Open("a", Access::kCreateNew);
  EXPECT_NE(::fcntl(file.fd(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(RealFileCalls, FileOpenedForReadingRefusesWrites) {
  folder_.Put("a", "old");
  const OpenFile file = Open("a", Access::kRead);
  EXPECT_FALSE(calls_.WriteAt(file.fd(), "new", 0).ok());
  EXPECT_EQ(Contents("a"), "old");
}

TEST_F(RealFileCalls, TruncateCutsAndGrowsWithZeros) {
  OpenFile file = Open("a", Access::kCreateNew);
  ASSERT_TRUE(file.WriteAllAt("hello", 0).ok());
  ASSERT_TRUE(calls_.Truncate(file.fd(), 2).ok());
  ASSERT_TRUE(calls_.Truncate(file.fd(), 4).ok());
  EXPECT_EQ(*calls_.Size(file.fd()), 4U);
  EXPECT_EQ(Contents("a"), std::string("he\0\0", 4));
}

TEST_F(RealFileCalls, AllocateGrowsButNeverCuts) {
  const OpenFile file = Open("a", Access::kCreateNew);
  ASSERT_TRUE(calls_.Allocate(file.fd(), 8192).ok());
  EXPECT_EQ(*calls_.Size(file.fd()), 8192U);
  ASSERT_TRUE(calls_.Allocate(file.fd(), 10).ok());
  EXPECT_EQ(*calls_.Size(file.fd()), 8192U);
}

TEST_F(RealFileCalls, PlaceBeyondAnyFileIsResourceExhausted) {
  const OpenFile file = Open("a", Access::kCreateNew);
  const auto beyond = std::numeric_limits<std::uint64_t>::max();
  char byte[1];
  EXPECT_EQ(calls_.WriteAt(file.fd(), "x", beyond).status().code(), Code::kResourceExhausted);
  EXPECT_EQ(calls_.ReadAt(file.fd(), byte, beyond).status().code(), Code::kResourceExhausted);
  EXPECT_EQ(calls_.Truncate(file.fd(), beyond).code(), Code::kResourceExhausted);
  EXPECT_EQ(calls_.Allocate(file.fd(), beyond).code(), Code::kResourceExhausted);
}

TEST_F(RealFileCalls, SyncsSucceedAndFailOnWhatIsNotOpen) {
  const OpenFile file = Open("a", Access::kCreateNew);
  EXPECT_TRUE(calls_.SyncData(file.fd()).ok());
  EXPECT_TRUE(calls_.Sync(file.fd()).ok());
  EXPECT_FALSE(calls_.SyncData(-1).ok());
  EXPECT_FALSE(calls_.Size(-1).ok());
}

TEST_F(RealFileCalls, ListSortsAndLeavesOutTheDots) {
  for (const char* name : {"b", "a", ".hidden"}) folder_.Put(name, "");
  ASSERT_TRUE(calls_.CreateFolder(Path("c")).ok());
  EXPECT_EQ(*calls_.List(folder_.path()), (Names{".hidden", "a", "b", "c"}));
}

TEST_F(RealFileCalls, ListNamesTheFolderThatIsMissing) {
  const auto listed = calls_.List(Path("none"));
  EXPECT_EQ(listed.status().code(), Code::kNotFound);
  EXPECT_NE(listed.status().message().find(Path("none").string()), std::string::npos);
}

TEST_F(RealFileCalls, CreateFolderIsHappyTwiceAndOneLevelDeep) {
  EXPECT_TRUE(calls_.CreateFolder(Path("a")).ok());
  EXPECT_TRUE(calls_.CreateFolder(Path("a")).ok());
  EXPECT_EQ(calls_.CreateFolder(Path("x/y")).code(), Code::kNotFound);
}

TEST_F(RealFileCalls, CreateFolderRefusesAFileOrALinkOfThatName) {
  folder_.Put("file", "");
  std::filesystem::create_directory_symlink(folder_.path(), Path("link"));
  EXPECT_EQ(calls_.CreateFolder(Path("file")).code(), Code::kFailedPrecondition);
  EXPECT_EQ(calls_.CreateFolder(Path("link")).code(), Code::kFailedPrecondition);
}

TEST_F(RealFileCalls, RoomIsNoMoreThanTheFileSystemHas) {
  const auto room = calls_.RoomOf(folder_.path());
  ASSERT_TRUE(room.ok());
  EXPECT_GT(room->total_bytes, 0U);
  EXPECT_LE(room->free_bytes, room->total_bytes);
  EXPECT_LE(room->free_inodes, room->total_inodes);
  EXPECT_EQ(calls_.RoomOf(Path("none")).status().code(), Code::kNotFound);
}

TEST_F(RealFileCalls, RoomAgreesWithTheStandardLibrary) {
  const std::filesystem::space_info space = std::filesystem::space(folder_.path());
  EXPECT_EQ(calls_.RoomOf(folder_.path())->total_bytes, space.capacity);
}

// The double of tests: every call goes through the fault, and nothing is carried out then.
TEST_F(RealFileCalls, FaultReachesEveryCall) {
  folder_.Put("a", "old");
  const OpenFile file = Open("a", Access::kReadWrite);
  FaultyFileCalls faulty([](int) { return EIO; });
  char byte[1];
  EXPECT_FALSE(faulty.Open(Path("b"), Access::kCreateNew).ok());
  EXPECT_FALSE(faulty.ReadAt(file.fd(), byte, 0).ok());
  EXPECT_FALSE(faulty.WriteAt(file.fd(), "new", 0).ok());
  EXPECT_FALSE(faulty.SyncData(file.fd()).ok());
  EXPECT_FALSE(faulty.Size(file.fd()).ok());
  EXPECT_FALSE(faulty.Truncate(file.fd(), 0).ok());
  EXPECT_FALSE(faulty.Allocate(file.fd(), 10).ok());
  EXPECT_FALSE(faulty.List(folder_.path()).ok());
  EXPECT_FALSE(faulty.CreateFolder(Path("c")).ok());
  EXPECT_FALSE(faulty.RoomOf(folder_.path()).ok());
  EXPECT_EQ(faulty.calls(), 10);
  EXPECT_EQ(Contents("a"), "old");
  EXPECT_EQ(*calls_.List(folder_.path()), Names{"a"});
}

TEST_F(RealFileCalls, FaultyWriteCanTear) {
  const OpenFile file = Open("a", Access::kCreateNew);
  FaultyFileCalls faulty([](int) { return ENOSPC; });
  faulty.tear_writes = true;
  EXPECT_EQ(*faulty.WriteAt(file.fd(), "hello!", 0), 3U);
  EXPECT_EQ(Contents("a"), "hel");
}

}  // namespace
}  // namespace inferometer::os
