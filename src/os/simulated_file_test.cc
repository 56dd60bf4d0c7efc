#include "os/simulated_file.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "os/open_file.h"
#include "os/simulated_disk.h"

namespace inferometer::os {
namespace {

OpenFile Open(SimulatedDisk& disk, const std::filesystem::path& path, Access access) {
  auto opened = OpenFile::Open(disk, path, access);
  EXPECT_TRUE(opened.ok()) << opened.status().message();
  return std::move(opened).value();
}

TEST(FailedSync, NextOneSucceedsWithoutMakingAnythingDurable) {
  for (const AfterFailedSync after : {AfterFailedSync::kReadsNew, AfterFailedSync::kReadsOld}) {
    SimulatedDisk disk;
    ASSERT_TRUE(disk.Put("/a", "old").ok());
    OpenFile file = Open(disk, "/a", Access::kReadWrite);
    ASSERT_TRUE(file.WriteAllAt("newer", 0).ok());
    disk.SetAfterFailedSync(after);
    disk.FailCall(1, EIO);
    EXPECT_EQ(file.SyncData().code(), Code::kInternal);
    EXPECT_TRUE(file.SyncData().ok());
    const std::string read = after == AfterFailedSync::kReadsNew ? "newer" : std::string("old\0\0", 5);
    EXPECT_EQ(disk.Bytes("/a"), read);
    EXPECT_EQ(disk.DurableBytes("/a"), "old");
    disk.Crash(1, CrashMode::kKeepAll);
    EXPECT_EQ(disk.Bytes("/a"), "old");
  }
}

TEST(FailedSync, WhatIsWrittenAfterItCanBecomeDurable) {
  SimulatedDisk disk;
  ASSERT_TRUE(disk.Put("/a", "old").ok());
  OpenFile file = Open(disk, "/a", Access::kReadWrite);
  ASSERT_TRUE(file.WriteAllAt("lost", 3).ok());
  disk.FailCall(1, EIO);
  EXPECT_FALSE(file.SyncData().ok());
  ASSERT_TRUE(file.WriteAllAt("kept", 7).ok());
  EXPECT_TRUE(file.SyncData().ok());
  EXPECT_EQ(disk.Bytes("/a"), "oldlostkept");
  EXPECT_EQ(disk.DurableBytes("/a"), std::string("old\0\0\0\0kept", 11));
}

TEST(FailedSync, FolderStaysUnsyncedUntilALaterOne) {
  SimulatedDisk disk;
  Open(disk, "/a", Access::kCreateNew);
  disk.FailCall(1, EIO);
  EXPECT_FALSE(disk.SyncFolder("/").ok());
  EXPECT_EQ(disk.DurableBytes("/a"), std::nullopt);
  EXPECT_TRUE(disk.SyncFolder("/").ok());
  EXPECT_EQ(disk.DurableBytes("/a"), "");
}

}  // namespace
}  // namespace inferometer::os
