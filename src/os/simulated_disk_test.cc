#include "os/simulated_disk.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <thread>

#include "os/open_file.h"

namespace inferometer::os {
namespace {

using Names = std::vector<std::string>;

class SimulatedDiskCalls : public testing::Test {
 protected:
  OpenFile Open(const std::filesystem::path& path, Access access) {
    auto opened = OpenFile::Open(disk_, path, access);
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    return std::move(opened).value();
  }
  OpenFile Create(const std::filesystem::path& path) { return Open(path, Access::kCreateNew); }
  Code CodeOfOpening(const std::filesystem::path& path, Access access) {
    return OpenFile::Open(disk_, path, access).status().code();
  }
  std::uint64_t FreeBlocks() { return disk_.RoomOf("/")->free_bytes / kSimulatedBlockBytes; }

  SimulatedDisk disk_;
};

TEST_F(SimulatedDiskCalls, FilesAreReadAndWrittenAtAnyPlace) {
  OpenFile file = Create("/a");
  ASSERT_TRUE(file.WriteAllAt("hello", 2).ok());
  ASSERT_TRUE(file.WriteAllAt("y", 2).ok());
  EXPECT_EQ(disk_.Bytes("/a"), std::string("\0\0yello", 7));
  EXPECT_EQ(*file.Size(), 7U);
  char bytes[10];
  EXPECT_EQ(*file.ReadUpTo(bytes, 3), 4U);
  EXPECT_EQ(std::string_view(bytes, 4), "ello");
  EXPECT_EQ(*disk_.ReadAt(file.fd(), bytes, 100), 0U);
}

TEST_F(SimulatedDiskCalls, WholeFileIsWrittenThroughThem) {
  ASSERT_TRUE(disk_.Put("/a", "old").ok());
  ASSERT_TRUE(WriteWholeFile(disk_, "/a", "new").ok());
  EXPECT_EQ(disk_.DurableBytes("/a"), "new");
  EXPECT_EQ(disk_.Names("/"), Names{"a"});
  disk_.SetShortTransfers(true);
  ASSERT_TRUE(WriteWholeFile(disk_, "/a", "in several writes").ok());
  EXPECT_EQ(disk_.DurableBytes("/a"), "in several writes");
}

TEST_F(SimulatedDiskCalls, PlaceBeyondAnyFileIsResourceExhausted) {
  OpenFile file = Create("/a");
  for (const std::uint64_t place : {std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
    EXPECT_EQ(file.WriteAllAt("x", place).code(), Code::kResourceExhausted);
    EXPECT_EQ(file.Truncate(place).code(), Code::kResourceExhausted);
    EXPECT_EQ(file.Allocate(place).code(), Code::kResourceExhausted);
  }
}

TEST_F(SimulatedDiskCalls, OpeningFailsAsTheRealOnesDo) {
  ASSERT_TRUE(disk_.Put("/folder/file", "").ok());
  EXPECT_EQ(CodeOfOpening("/none", Access::kRead), Code::kNotFound);
  EXPECT_EQ(CodeOfOpening("/none/file", Access::kCreateNew), Code::kNotFound);
  EXPECT_EQ(CodeOfOpening("/folder/file/below", Access::kCreateNew), Code::kNotFound);
  EXPECT_EQ(CodeOfOpening("/folder/file", Access::kCreateNew), Code::kFailedPrecondition);
  EXPECT_EQ(CodeOfOpening("/folder", Access::kReadWrite), Code::kInvalidArgument);
}

TEST_F(SimulatedDiskCalls, DescriptorsAllowOnlyWhatTheyWereOpenedFor) {
  ASSERT_TRUE(disk_.Put("/a", "old").ok());
  OpenFile reading = Open("/a", Access::kRead);
  EXPECT_FALSE(reading.WriteAllAt("new", 0).ok());
  EXPECT_FALSE(reading.Truncate(0).ok());
  const OpenFile writing(disk_, *disk_.CreateForWriting("/b"), "/b");
  char byte[1];
  EXPECT_FALSE(disk_.ReadAt(writing.fd(), byte, 0).ok());
  EXPECT_EQ(disk_.Bytes("/a"), "old");
}

TEST_F(SimulatedDiskCalls, CreatingForWritingEmptiesTheFile) {
  ASSERT_TRUE(disk_.Put("/a", "old").ok());
  const OpenFile file(disk_, *disk_.CreateForWriting("/a"), "/a");
  EXPECT_EQ(disk_.Bytes("/a"), "");
  EXPECT_EQ(disk_.DurableBytes("/a"), "old");
}

TEST_F(SimulatedDiskCalls, ClosedDescriptorIsNeverGivenOutAgain) {
  const int first = Create("/a").fd();
  const int second = Create("/b").fd();
  EXPECT_NE(first, second);
  EXPECT_FALSE(disk_.Size(first).ok());
}

TEST_F(SimulatedDiskCalls, FoldersAreMadeOneLevelAtATimeAndListedSorted) {
  EXPECT_EQ(disk_.CreateFolder("/x/y").code(), Code::kNotFound);
  EXPECT_TRUE(disk_.CreateFolder("/x").ok());
  EXPECT_TRUE(disk_.CreateFolder("/x/").ok());
  EXPECT_TRUE(disk_.CreateFolder("/").ok());
  Create("/x/b");
  Create("x/a");  // a path that is not absolute begins at the root, too
  EXPECT_EQ(*disk_.List("/x"), (Names{"a", "b"}));
  EXPECT_EQ(disk_.CreateFolder("/x/a").code(), Code::kFailedPrecondition);
  EXPECT_EQ(disk_.List("/x/a").status().code(), Code::kNotFound);
}

TEST_F(SimulatedDiskCalls, RenameReplacesAFileAndMovesAFolderWhole) {
  ASSERT_TRUE(disk_.Put("/a", "new").ok());
  ASSERT_TRUE(disk_.Put("/folder/b", "old").ok());
  EXPECT_TRUE(disk_.Rename("/a", "/folder/b").ok());
  EXPECT_TRUE(disk_.Rename("/folder", "/moved").ok());
  EXPECT_EQ(disk_.Bytes("/moved/b"), "new");
  EXPECT_EQ(disk_.Names("/"), Names{"moved"});
}

TEST_F(SimulatedDiskCalls, RenameIsRefusedWhereTheRealOneIs) {
  ASSERT_TRUE(disk_.Put("/folder/file", "").ok());
  ASSERT_TRUE(disk_.Put("/file", "").ok());
  ASSERT_TRUE(disk_.PutFolder("/empty").ok());
  EXPECT_EQ(disk_.Rename("/none", "/a").code(), Code::kNotFound);
  EXPECT_EQ(disk_.Rename("/file", "/empty").code(), Code::kInvalidArgument);
  EXPECT_FALSE(disk_.Rename("/folder", "/file").ok());
  EXPECT_FALSE(disk_.Rename("/empty", "/folder").ok());
  EXPECT_EQ(disk_.Rename("/folder", "/folder/below").code(), Code::kInvalidArgument);
  EXPECT_TRUE(disk_.Rename("/file", "/file").ok());
  EXPECT_TRUE(disk_.Rename("/folder", "/empty").ok());
  EXPECT_EQ(disk_.Names("/"), (Names{"empty", "file"}));
}

TEST_F(SimulatedDiskCalls, UnlinkedFileLivesUntilItIsClosed) {
  OpenFile file = Create("/a");
  ASSERT_TRUE(disk_.Unlink("/a").ok());
  Create("/other");
  ASSERT_TRUE(disk_.SyncFolder("/").ok());
  ASSERT_TRUE(file.WriteAllAt("still here", 0).ok());
  char bytes[5];
  EXPECT_TRUE(file.ReadExactlyAt(bytes, 0).ok());
  EXPECT_EQ(disk_.Bytes("/a"), std::nullopt);
  EXPECT_EQ(disk_.Unlink("/a").code(), Code::kNotFound);
}

TEST_F(SimulatedDiskCalls, UnlinkRefusesFolders) {
  ASSERT_TRUE(disk_.PutFolder("/folder").ok());
  EXPECT_EQ(disk_.Unlink("/folder").code(), Code::kInvalidArgument);
  EXPECT_FALSE(disk_.Unlink("/").ok());
}

TEST_F(SimulatedDiskCalls, FullDiskTakesAPartAndThenRefuses) {
  disk_.SetCapacity(2 * kSimulatedBlockBytes, 10);
  const OpenFile file = Create("/a");
  EXPECT_EQ(*disk_.WriteAt(file.fd(), std::string(10'000, 'x'), 100), 2 * kSimulatedBlockBytes - 100);
  const auto refused = disk_.WriteAt(file.fd(), "x", 2 * kSimulatedBlockBytes);
  EXPECT_EQ(refused.status().code(), Code::kResourceExhausted);
  EXPECT_EQ(FreeBlocks(), 0U);
}

TEST_F(SimulatedDiskCalls, FullDiskLetsOverwriteWhatHasItsBlocks) {
  disk_.SetCapacity(2 * kSimulatedBlockBytes, 10);
  OpenFile kept = Create("/kept");
  ASSERT_TRUE(kept.Allocate(5000).ok());
  OpenFile other = Create("/other");
  EXPECT_EQ(other.WriteAllAt("x", 0).code(), Code::kResourceExhausted);
  EXPECT_TRUE(kept.WriteAllAt(std::string(5000, 'y'), 0).ok());
  EXPECT_TRUE(kept.SyncData().ok());
  EXPECT_TRUE(disk_.SyncFolder("/").ok());
  EXPECT_TRUE(disk_.DurableBytes("/kept") == std::string(5000, 'y'));
}

TEST_F(SimulatedDiskCalls, FailedAllocateLeavesTheFileGrown) {
  disk_.SetCapacity(2 * kSimulatedBlockBytes, 10);
  OpenFile file = Create("/a");
  EXPECT_EQ(file.Allocate(1 << 20).code(), Code::kResourceExhausted);
  EXPECT_EQ(*file.Size(), 2 * kSimulatedBlockBytes);
  EXPECT_EQ(FreeBlocks(), 0U);
}

TEST_F(SimulatedDiskCalls, UnlinkAndTruncateAndReplacementFreeBlocks) {
  disk_.SetCapacity(8 * kSimulatedBlockBytes, 10);
  const std::string two_blocks(2 * kSimulatedBlockBytes, 'x');
  for (const char* path : {"/unlinked", "/cut", "/replaced"}) ASSERT_TRUE(Create(path).WriteAllAt(two_blocks, 0).ok());
  ASSERT_TRUE(Create("/new").WriteAllAt("x", 0).ok());
  EXPECT_EQ(FreeBlocks(), 1U);
  ASSERT_TRUE(disk_.Unlink("/unlinked").ok());
  EXPECT_EQ(FreeBlocks(), 3U);
  ASSERT_TRUE(Open("/cut", Access::kReadWrite).Truncate(1).ok());
  EXPECT_EQ(FreeBlocks(), 4U);
  ASSERT_TRUE(disk_.Rename("/new", "/replaced").ok());
  EXPECT_EQ(FreeBlocks(), 6U);
}

TEST_F(SimulatedDiskCalls, ReplacedContentsFreeTheirBlocks) {
  disk_.SetCapacity(4 * kSimulatedBlockBytes, 10);
  ASSERT_TRUE(disk_.Put("/a", std::string(4 * kSimulatedBlockBytes, 'x')).ok());
  ASSERT_TRUE(disk_.Put("/a", "x").ok());
  EXPECT_EQ(FreeBlocks(), 3U);
}

TEST_F(SimulatedDiskCalls, UnlinkedOpenFileKeepsItsBlocks) {
  disk_.SetCapacity(2 * kSimulatedBlockBytes, 10);
  OpenFile file = Create("/a");
  ASSERT_TRUE(file.WriteAllAt("x", 0).ok());
  ASSERT_TRUE(disk_.Unlink("/a").ok());
  EXPECT_EQ(FreeBlocks(), 1U);
  ASSERT_TRUE(file.Close().ok());
  EXPECT_EQ(FreeBlocks(), 2U);
}

TEST_F(SimulatedDiskCalls, HoleHasNoBlocks) {
  disk_.SetCapacity(2 * kSimulatedBlockBytes, 10);
  OpenFile file = Create("/a");
  ASSERT_TRUE(file.Truncate(1 << 20).ok());
  ASSERT_TRUE(file.WriteAllAt("x", 1 << 19).ok());
  EXPECT_EQ(FreeBlocks(), 1U);
}

TEST_F(SimulatedDiskCalls, InodesRunOutWithBlocksLeft) {
  disk_.SetCapacity(100 * kSimulatedBlockBytes, 2);
  Create("/a");
  ASSERT_TRUE(disk_.CreateFolder("/b").ok());
  EXPECT_EQ(disk_.CreateFolder("/c").code(), Code::kResourceExhausted);
  EXPECT_EQ(CodeOfOpening("/c", Access::kCreateNew), Code::kResourceExhausted);
  const Room room = *disk_.RoomOf("/");
  EXPECT_EQ(room.free_inodes, 0U);
  EXPECT_GT(room.free_bytes, 0U);
  ASSERT_TRUE(disk_.Unlink("/a").ok());
  EXPECT_EQ(CodeOfOpening("/c", Access::kCreateNew), Code::kOk);
}

TEST_F(SimulatedDiskCalls, DiskSmallerThanItsContentsIsFull) {
  ASSERT_TRUE(disk_.Put("/a", std::string(10'000, 'x')).ok());
  disk_.SetCapacity(0, 0);
  EXPECT_EQ(FreeBlocks(), 0U);
  EXPECT_TRUE(Open("/a", Access::kReadWrite).WriteAllAt("y", 9'000).ok());
}

TEST_F(SimulatedDiskCalls, ReadOnlyDiskRefusesChangesUntilItIsNot) {
  ASSERT_TRUE(disk_.Put("/a", "old").ok());
  OpenFile file = Open("/a", Access::kReadWrite);
  disk_.SetReadOnly(true);
  const auto refused = Code::kPermissionDenied;
  EXPECT_EQ(file.WriteAllAt("new", 0).code(), refused);
  EXPECT_EQ(file.Truncate(0).code(), refused);
  EXPECT_EQ(file.Allocate(10).code(), refused);
  EXPECT_EQ(CodeOfOpening("/a", Access::kReadWrite), refused);
  EXPECT_EQ(CodeOfOpening("/b", Access::kCreateNew), refused);
  EXPECT_EQ(disk_.CreateForWriting("/a").status().code(), refused);
  EXPECT_EQ(disk_.CreateFolder("/b").code(), refused);
  EXPECT_EQ(disk_.Rename("/a", "/b").code(), refused);
  EXPECT_EQ(disk_.Unlink("/a").code(), refused);
  EXPECT_EQ(CodeOfOpening("/a", Access::kRead), Code::kOk);
  EXPECT_TRUE(file.SyncData().ok());
  disk_.SetReadOnly(false);
  EXPECT_TRUE(file.WriteAllAt("new", 0).ok());
}

TEST_F(SimulatedDiskCalls, ReadOnlyDiskCannotSyncWhatIsUnsynced) {
  OpenFile file = Create("/a");
  ASSERT_TRUE(file.WriteAllAt("x", 0).ok());
  disk_.SetReadOnly(true);
  EXPECT_EQ(file.SyncData().code(), Code::kPermissionDenied);
  EXPECT_EQ(disk_.SyncFolder("/").code(), Code::kPermissionDenied);
  disk_.SetReadOnly(false);
  EXPECT_TRUE(file.SyncData().ok());
  EXPECT_TRUE(disk_.SyncFolder("/").ok());
  EXPECT_EQ(disk_.DurableBytes("/a"), "x");
}

TEST_F(SimulatedDiskCalls, FaultIsAskedBeforeEveryCallAndStopsIt) {
  ASSERT_TRUE(disk_.Put("/a", "old").ok());
  OpenFile file = Open("/a", Access::kReadWrite);
  disk_.SetFault([](CallKind kind, const std::filesystem::path& path) {
    return kind == CallKind::kWriteAt && path == "/a" ? EIO : 0;
  });
  EXPECT_EQ(file.WriteAllAt("new", 0).code(), Code::kInternal);
  EXPECT_EQ(disk_.Bytes("/a"), "old");
  EXPECT_TRUE(file.Truncate(1).ok());
  EXPECT_TRUE(Create("/b").WriteAllAt("x", 0).ok());
  disk_.ClearFaults();
  EXPECT_TRUE(file.WriteAllAt("new", 0).ok());
}

TEST_F(SimulatedDiskCalls, CountedFaultHitsTheNthCallOnceOrForEver) {
  ASSERT_TRUE(disk_.PutFolder("/a").ok());
  disk_.FailCall(2, EIO);
  EXPECT_TRUE(disk_.List("/a").ok());
  EXPECT_FALSE(disk_.List("/a").ok());
  EXPECT_TRUE(disk_.List("/a").ok());
  disk_.FailCall(2, ENOSPC, true);
  EXPECT_TRUE(disk_.List("/a").ok());
  EXPECT_EQ(disk_.List("/a").status().code(), Code::kResourceExhausted);
  EXPECT_EQ(disk_.List("/a").status().code(), Code::kResourceExhausted);
  disk_.ClearFaults();
  EXPECT_TRUE(disk_.List("/a").ok());
  EXPECT_EQ(disk_.calls(), 7);
}

TEST_F(SimulatedDiskCalls, FailedCloseStillCloses) {
  OpenFile file = Create("/a");
  const int fd = file.fd();
  disk_.FailCall(1, EIO);
  EXPECT_FALSE(file.Close().ok());
  EXPECT_FALSE(disk_.Size(fd).ok());
}

TEST_F(SimulatedDiskCalls, ShortTransfersAreStillProgress) {
  disk_.SetShortTransfers(true);
  OpenFile file = Create("/a");
  EXPECT_EQ(*disk_.WriteAt(file.fd(), "0123456789", 0), 5U);
  ASSERT_TRUE(file.WriteAllAt("0123456789", 0).ok());
  char bytes[10];
  EXPECT_EQ(*disk_.ReadAt(file.fd(), bytes, 0), 5U);
  ASSERT_TRUE(file.ReadExactlyAt(bytes, 0).ok());
  EXPECT_EQ(std::string_view(bytes, 10), "0123456789");
}

TEST_F(SimulatedDiskCalls, VerbsAreNotCountedAndNeedNoPower) {
  disk_.CrashAtCall(1);
  EXPECT_FALSE(disk_.List("/").ok());
  EXPECT_TRUE(disk_.Put("/x/a", "hello").ok());
  EXPECT_TRUE(disk_.FlipBit("/x/a", 8).ok());
  EXPECT_EQ(disk_.Bytes("/x/a"), "hdllo");
  EXPECT_TRUE(disk_.TruncateTo("/x/a", 2).ok());
  EXPECT_EQ(disk_.DurableBytes("/x/a"), "hd");
  EXPECT_EQ(disk_.Names("/x"), Names{"a"});
  EXPECT_EQ(disk_.calls(), 1);
}

TEST_F(SimulatedDiskCalls, VerbsRefuseWhatIsNotThere) {
  ASSERT_TRUE(disk_.Put("/a", "12").ok());
  EXPECT_FALSE(disk_.FlipBit("/a", 16).ok());
  EXPECT_FALSE(disk_.TruncateTo("/a", 3).ok());
  EXPECT_FALSE(disk_.FlipBit("/none", 0).ok());
  EXPECT_FALSE(disk_.Put("/a/b", "").ok());
  EXPECT_FALSE(disk_.Put("/", "").ok());
  EXPECT_EQ(disk_.Names("/none"), Names{});
}

// Worth most under the thread sanitizer.
TEST_F(SimulatedDiskCalls, ThreadsMayUseItWhileThePowerGoes) {
  std::atomic<int> synced = 0;
  const auto write = [&](int number) {
    const std::filesystem::path path = "/" + std::to_string(number);
    for (int i = 0; i < 50; ++i) {
      auto file = OpenFile::Open(disk_, path, i == 0 ? Access::kCreateNew : Access::kReadWrite);
      if (file.ok() && file->WriteAllAt("x", static_cast<std::uint64_t>(i)).ok() && file->SyncData().ok()) ++synced;
    }
  };
  disk_.CrashAtCall(300);
  { const std::jthread threads[] = {std::jthread(write, 0), std::jthread(write, 1), std::jthread(write, 2)}; }
  EXPECT_TRUE(disk_.crashed());
  EXPECT_EQ(disk_.calls(), 300);
  EXPECT_GT(synced, 0);
}

}  // namespace
}  // namespace inferometer::os
