#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "os/open_file.h"
#include "os/simulated_disk.h"

namespace inferometer::os {
namespace {

using Names = std::vector<std::string>;
using Bytes = std::optional<std::string>;

OpenFile Open(SimulatedDisk& disk, const std::filesystem::path& path, Access access) {
  auto opened = OpenFile::Open(disk, path, access);
  EXPECT_TRUE(opened.ok()) << opened.status().message();
  return std::move(opened).value();
}

void WriteUnsynced(SimulatedDisk& disk, const std::filesystem::path& path, std::string_view bytes,
                   std::uint64_t offset) {
  EXPECT_TRUE(Open(disk, path, Access::kReadWrite).WriteAllAt(bytes, offset).ok());
}

void CreateSynced(SimulatedDisk& disk, const std::filesystem::path& path, std::string_view bytes) {
  OpenFile file = Open(disk, path, Access::kCreateNew);
  EXPECT_TRUE(file.WriteAllAt(bytes, 0).ok());
  EXPECT_TRUE(file.SyncData().ok());
}

// What `prepare` can leave after a crash, over every choice there is.
template <typename Seen>
std::set<Seen> Outcomes(CrashMode mode, const std::function<void(SimulatedDisk&)>& prepare,
                        const std::function<Seen(const SimulatedDisk&)>& look) {
  std::set<Seen> outcomes;
  EveryChoice every;
  do {
    SimulatedDisk disk;
    prepare(disk);
    disk.Crash(std::ref(every), mode);
    disk.Restart();
    outcomes.insert(look(disk));
  } while (every.NextRound());
  return outcomes;
}

Names RootNames(const SimulatedDisk& disk) { return disk.Names("/"); }

std::set<Names> NamesAfter(CrashMode mode, const std::function<void(SimulatedDisk&)>& prepare) {
  return Outcomes<Names>(mode, prepare, RootNames);
}

TEST(SimulatedCrash, KeepsWhatWasSyncedInEveryMode) {
  for (const CrashMode mode : kCrashModes) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      SimulatedDisk disk;
      CreateSynced(disk, "/a", "durable");
      ASSERT_TRUE(disk.SyncFolder("/").ok());
      WriteUnsynced(disk, "/a", std::string(9000, 'x'), 7);
      disk.Crash(seed, mode);
      disk.Restart();
      ASSERT_EQ(disk.Bytes("/a").value_or("").substr(0, 7), "durable") << seed;
    }
  }
}

TEST(SimulatedCrash, NeverGoesBehindTheLastSync) {
  for (const CrashMode mode : kCrashModes) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      SimulatedDisk disk;
      ASSERT_TRUE(disk.Put("/a", "first").ok());
      OpenFile file = Open(disk, "/a", Access::kReadWrite);
      for (const char* bytes : {"second", "third"}) {
        ASSERT_TRUE(file.WriteAllAt(bytes, 0).ok());
        ASSERT_TRUE(file.SyncData().ok());
      }
      disk.Crash(seed, mode);
      ASSERT_EQ(disk.Bytes("/a"), "thirdd") << seed;
    }
  }
}

TEST(SimulatedCrash, DropsWhatWasNotSynced) {
  SimulatedDisk disk;
  ASSERT_TRUE(disk.Put("/a", "old").ok());
  WriteUnsynced(disk, "/a", "new and longer", 0);
  EXPECT_EQ(disk.DurableBytes("/a"), "old");
  disk.Crash(1, CrashMode::kDropUnsynced);
  EXPECT_EQ(disk.Bytes("/a"), "old");
}

TEST(SimulatedCrash, SyncOfTheFileDoesNotKeepItsName) {
  SimulatedDisk disk;
  CreateSynced(disk, "/a", "durable");
  EXPECT_EQ(disk.DurableBytes("/a"), std::nullopt);
  disk.Crash(1, CrashMode::kDropUnsynced);
  EXPECT_EQ(disk.Names("/"), Names{});
}

TEST(SimulatedCrash, SyncOfTheFolderDoesNotKeepTheContents) {
  SimulatedDisk disk;
  Open(disk, "/a", Access::kCreateNew);
  WriteUnsynced(disk, "/a", "lost", 0);
  ASSERT_TRUE(disk.SyncFolder("/").ok());
  disk.Crash(1, CrashMode::kDropUnsynced);
  EXPECT_EQ(disk.Bytes("/a"), "");
}

TEST(SimulatedCrash, FileInAFolderThatWasNotSyncedIsGone) {
  SimulatedDisk disk;
  ASSERT_TRUE(disk.CreateFolder("/folder").ok());
  CreateSynced(disk, "/folder/a", "durable");
  ASSERT_TRUE(disk.SyncFolder("/folder").ok());
  EXPECT_EQ(disk.DurableBytes("/folder/a"), std::nullopt);
  disk.Crash(1, CrashMode::kDropUnsynced);
  EXPECT_EQ(disk.Names("/"), Names{});
}

TEST(SimulatedCrash, KeepAllIsAsIfNothingHappened) {
  SimulatedDisk disk;
  Open(disk, "/a", Access::kCreateNew);
  WriteUnsynced(disk, "/a", "unsynced", 0);
  disk.Crash(1, CrashMode::kKeepAll);
  EXPECT_EQ(disk.Bytes("/a"), "unsynced");
  EXPECT_EQ(disk.DurableBytes("/a"), "unsynced");
}

TEST(SimulatedCrash, KillAloneLosesNothingAndSyncsNothing) {
  SimulatedDisk disk;
  ASSERT_TRUE(disk.Put("/a", "old").ok());
  WriteUnsynced(disk, "/a", "new", 0);
  disk.CrashAtCall(1);
  EXPECT_FALSE(disk.List("/").ok());
  disk.Restart();
  EXPECT_EQ(disk.Bytes("/a"), "new");
  EXPECT_EQ(disk.DurableBytes("/a"), "old");
  disk.Crash(1, CrashMode::kDropUnsynced);
  EXPECT_EQ(disk.Bytes("/a"), "old");
}

TEST(SimulatedCrash, RenameIsOldOrNewButNeverNeither) {
  const auto replace = [](SimulatedDisk& disk) {
    ASSERT_TRUE(disk.Put("/a", "old").ok());
    ASSERT_TRUE(disk.Put("/a.tmp", "new").ok());
    ASSERT_TRUE(disk.Rename("/a.tmp", "/a").ok());
  };
  const auto look = [](const SimulatedDisk& disk) { return disk.Bytes("/a").value_or("gone"); };
  EXPECT_EQ(Outcomes<std::string>(CrashMode::kSubset, replace, look), (std::set<std::string>{"old", "new"}));
}

TEST(SimulatedCrash, RenameBeforeTheSyncOfTheContentsCanLeaveAnEmptyFile) {
  const auto replace = [](SimulatedDisk& disk) {
    ASSERT_TRUE(disk.Put("/a", "old").ok());
    Open(disk, "/a.tmp", Access::kCreateNew);
    WriteUnsynced(disk, "/a.tmp", "new", 0);
    ASSERT_TRUE(disk.Rename("/a.tmp", "/a").ok());
  };
  const auto look = [](const SimulatedDisk& disk) { return disk.Bytes("/a").value_or("gone"); };
  EXPECT_EQ(Outcomes<std::string>(CrashMode::kSubset, replace, look),
            (std::set<std::string>{"old", "", "new", std::string(3, '\0')}));
}

TEST(SimulatedCrash, ChangesOfDifferentNamesSurviveInAnyCombination) {
  const auto change = [](SimulatedDisk& disk) {
    ASSERT_TRUE(disk.Put("/old", "").ok());
    Open(disk, "/new", Access::kCreateNew);
    ASSERT_TRUE(disk.Unlink("/old").ok());
  };
  EXPECT_EQ(NamesAfter(CrashMode::kSubset, change), (std::set<Names>{{"old"}, {"new", "old"}, {}, {"new"}}));
}

TEST(SimulatedCrash, ChangesOfTheSameNameSurviveInTheirOrder) {
  const auto change = [](SimulatedDisk& disk) {
    Open(disk, "/a", Access::kCreateNew);
    ASSERT_TRUE(disk.Rename("/a", "/b").ok());
    ASSERT_TRUE(disk.Rename("/b", "/c").ok());
  };
  EXPECT_EQ(NamesAfter(CrashMode::kSubset, change), (std::set<Names>{{}, {"a"}, {"b"}, {"c"}}));
}

TEST(SimulatedCrash, SyncOfOneFolderKeepsARenameIntoTheOtherWhole) {
  SimulatedDisk disk;
  ASSERT_TRUE(disk.PutFolder("/from").ok());
  ASSERT_TRUE(disk.PutFolder("/to").ok());
  CreateSynced(disk, "/from/a", "x");
  ASSERT_TRUE(disk.Rename("/from/a", "/to/a").ok());
  Open(disk, "/from/b", Access::kCreateNew);
  ASSERT_TRUE(disk.SyncFolder("/to").ok());
  EXPECT_EQ(disk.DurableBytes("/to/a"), "x");
  EXPECT_EQ(disk.DurableBytes("/from/b"), std::nullopt);
  disk.Crash(1, CrashMode::kKeepAll);
  EXPECT_EQ(disk.Names("/from"), Names{"b"});
  EXPECT_EQ(disk.Names("/to"), Names{"a"});
}

TEST(SimulatedCrash, MovedFoldersNeverEndInsideEachOther) {
  const auto change = [](SimulatedDisk& disk) {
    ASSERT_TRUE(disk.PutFolder("/outer/inner").ok());
    ASSERT_TRUE(disk.Rename("/outer/inner", "/inner").ok());
    ASSERT_TRUE(disk.Rename("/outer", "/inner/outer").ok());
  };
  EXPECT_EQ(NamesAfter(CrashMode::kSubset, change), (std::set<Names>{{"outer"}, {"inner", "outer"}, {"inner"}}));
}

TEST(SimulatedCrash, UnlinkThatIsNotSyncedCanComeBackWhole) {
  SimulatedDisk disk;
  ASSERT_TRUE(disk.Put("/a", "old").ok());
  ASSERT_TRUE(disk.Unlink("/a").ok());
  ASSERT_TRUE(disk.PutFolder("/x").ok());
  ASSERT_TRUE(disk.SyncFolder("/x").ok());
  disk.Crash(1, CrashMode::kDropUnsynced);
  EXPECT_EQ(disk.Bytes("/a"), "old");
  disk.Restart();
  ASSERT_TRUE(disk.Unlink("/a").ok());
  ASSERT_TRUE(disk.SyncFolder("/").ok());
  disk.Crash(1, CrashMode::kDropUnsynced);
  EXPECT_EQ(disk.Bytes("/a"), std::nullopt);
}

TEST(SimulatedCrash, FileCanComeBackThatLivedBetweenTwoSyncs) {
  const auto change = [](SimulatedDisk& disk) {
    ASSERT_TRUE(disk.PutFolder("/x").ok());
    CreateSynced(disk, "/x/a", "short life");
    ASSERT_TRUE(disk.Unlink("/x/a").ok());
    ASSERT_TRUE(disk.SyncFolder("/").ok());
  };
  const auto look = [](const SimulatedDisk& disk) { return disk.Bytes("/x/a").value_or("gone"); };
  EXPECT_EQ(Outcomes<std::string>(CrashMode::kSubset, change, look), (std::set<std::string>{"gone", "short life"}));
}

TEST(SimulatedCrash, FlippedBitStaysFlipped) {
  SimulatedDisk disk;
  ASSERT_TRUE(disk.Put("/a", "old").ok());
  WriteUnsynced(disk, "/a", "new", 0);
  ASSERT_TRUE(disk.FlipBit("/a", 0).ok());
  EXPECT_EQ(disk.DurableBytes("/a"), "oew");
  disk.Crash(1, CrashMode::kKeepAll);
  EXPECT_EQ(disk.Bytes("/a"), "oew");
}

TEST(SimulatedCrash, PrefixKeepsTheOrderAcrossFilesAndNames) {
  const auto change = [](SimulatedDisk& disk) {
    ASSERT_TRUE(disk.Put("/a", "").ok());
    WriteUnsynced(disk, "/a", "x", 0);
    Open(disk, "/b", Access::kCreateNew);
    WriteUnsynced(disk, "/b", "y", 0);
  };
  const auto look = [](const SimulatedDisk& disk) {
    return disk.Bytes("/a").value_or("gone") + "," + disk.Bytes("/b").value_or("gone");
  };
  EXPECT_EQ(Outcomes<std::string>(CrashMode::kPrefix, change, look),
            (std::set<std::string>{",gone", "x,gone", "x,", "x,y"}));
}

TEST(SimulatedCrash, SectorsOfAWriteSurviveOnTheirOwn) {
  const auto change = [](SimulatedDisk& disk) {
    ASSERT_TRUE(disk.Put("/a", std::string(1024, 'a')).ok());
    WriteUnsynced(disk, "/a", std::string(1024, 'b'), 0);
  };
  const auto look = [](const SimulatedDisk& disk) {
    const std::string bytes = disk.Bytes("/a").value_or("gone");
    return std::string{bytes.front(), bytes[511], bytes[512], bytes.back()};
  };
  EXPECT_EQ(Outcomes<std::string>(CrashMode::kSubset, change, look),
            (std::set<std::string>{"aaaa", "bbaa", "aabb", "bbbb"}));
}

TEST(SimulatedCrash, SectorsAreOf512Or4096Bytes) {
  std::set<std::string> left;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SimulatedDisk disk;
    ASSERT_TRUE(disk.Put("/a", std::string(8192, 'a')).ok());
    WriteUnsynced(disk, "/a", std::string(8192, 'b'), 0);
    disk.Crash(seed, CrashMode::kSubset);
    left.insert(disk.Bytes("/a").value_or("gone"));
  }
  EXPECT_TRUE(left.contains(std::string(4096, 'b') + std::string(4096, 'a')));
  EXPECT_TRUE(std::ranges::any_of(left, [](const std::string& bytes) { return bytes[0] != bytes[4095]; }));
}

TEST(SimulatedCrash, FirstPickLeavesTheLeast) {
  SimulatedDisk disk;
  ASSERT_TRUE(disk.Put("/a", "old").ok());
  WriteUnsynced(disk, "/a", "new", 0);
  Open(disk, "/b", Access::kCreateNew);
  disk.Crash([](std::size_t) { return std::size_t{0}; }, CrashMode::kPrefix);
  EXPECT_EQ(disk.Bytes("/a"), "old");
  EXPECT_EQ(disk.Bytes("/b"), std::nullopt);
}

TEST(SimulatedCrash, StaleBlocksAreNeverTheFilesOwn) {
  const auto change = [](SimulatedDisk& disk) {
    ASSERT_TRUE(disk.Put("/a", std::string(512, 'a')).ok());
    WriteUnsynced(disk, "/a", std::string(512, 'b'), 512);
  };
  const auto look = [](const SimulatedDisk& disk) { return disk.Bytes("/a").value_or("gone")[512]; };
  EXPECT_EQ(Outcomes<char>(CrashMode::kStaleBlocks, change, look), (std::set<char>{'\0', 'b'}));
}

TEST(SimulatedCrash, StaleBlocksComeFromRemovedFiles) {
  const auto change = [](SimulatedDisk& disk) {
    ASSERT_TRUE(disk.Put("/secret", "yesterday").ok());
    ASSERT_TRUE(disk.Unlink("/secret").ok());
    ASSERT_TRUE(disk.SyncFolder("/").ok());
    ASSERT_TRUE(disk.Put("/a", "").ok());
    WriteUnsynced(disk, "/a", "new block", 0);
  };
  const auto look = [](const SimulatedDisk& disk) { return disk.Bytes("/a").value_or("gone"); };
  EXPECT_EQ(Outcomes<std::string>(CrashMode::kStaleBlocks, change, look),
            (std::set<std::string>{"new block", std::string(9, '\0'), "yesterday"}));
}

TEST(SimulatedCrash, EverythingFailsUntilTheRestart) {
  SimulatedDisk disk;
  ASSERT_TRUE(disk.Put("/a", "x").ok());
  OpenFile file = Open(disk, "/a", Access::kReadWrite);
  const int calls = disk.calls();
  disk.Crash(1, CrashMode::kKeepAll);
  EXPECT_EQ(file.WriteAllAt("y", 0).code(), Code::kInternal);
  EXPECT_EQ(disk.List("/").status().code(), Code::kInternal);
  EXPECT_EQ(disk.calls(), calls);
  disk.Restart();
  EXPECT_TRUE(disk.List("/").ok());
  EXPECT_FALSE(file.WriteAllAt("y", 0).ok());  // the descriptor died with the program
  EXPECT_EQ(disk.Bytes("/a"), "x");
}

TEST(SimulatedCrash, CallAtTheCrashPointIsNotCarriedOutAndNoneAfterIt) {
  SimulatedDisk disk;
  ASSERT_TRUE(disk.Put("/a", "x").ok());
  disk.CrashAtCall(2);
  EXPECT_TRUE(disk.List("/").ok());
  EXPECT_EQ(disk.Unlink("/a").code(), Code::kInternal);
  EXPECT_EQ(disk.Unlink("/a").code(), Code::kInternal);
  EXPECT_TRUE(disk.crashed());
  EXPECT_EQ(disk.calls(), 2);
  EXPECT_EQ(disk.Bytes("/a"), "x");
}

TEST(SimulatedCrash, WriteAtTheCrashPointTears) {
  SimulatedDisk disk;
  OpenFile file = Open(disk, "/a", Access::kCreateNew);
  disk.CrashAtCall(1);
  EXPECT_EQ(file.WriteAllAt("123456", 0).code(), Code::kInternal);
  EXPECT_EQ(file.WriteAllAt("abcdef", 0).code(), Code::kInternal);
  disk.Restart();
  EXPECT_EQ(disk.Bytes("/a"), "123");
}

TEST(SimulatedCrash, CrashPointThatWasNotReachedIsForgottenAtTheCrash) {
  SimulatedDisk disk;
  disk.CrashAtCall(1);
  disk.Crash(1, CrashMode::kKeepAll);
  disk.Restart();
  EXPECT_TRUE(disk.List("/").ok());
}

// The protocol of WriteWholeFile against every crash point and every mode: what the model is for.
TEST(SimulatedCrash, WholeFileIsOldOrNewWhereverThePowerGoes) {
  SimulatedDisk counting;
  ASSERT_TRUE(WriteWholeFile(counting, "/a", "new").ok());
  for (int nth = 1; nth <= counting.calls() + 1; ++nth) {
    for (const CrashMode mode : kCrashModes) {
      for (std::uint64_t seed = 0; seed < 50; ++seed) {
        SimulatedDisk disk;
        ASSERT_TRUE(disk.Put("/a", "old").ok());
        disk.CrashAtCall(nth);
        const bool told_durable = WriteWholeFile(disk, "/a", "new").ok();
        disk.Crash(seed, mode);
        const std::string left = disk.Bytes("/a").value_or("gone");
        ASSERT_TRUE(left == "new" || (left == "old" && !told_durable))
            << left << " at call " << nth << " seed " << seed;
      }
    }
  }
}

TEST(SimulatedCrash, SameSeedLeavesTheSame) {
  const auto run = [](std::uint64_t seed) {
    SimulatedDisk disk;
    for (const char* path : {"/a", "/b", "/c"}) {
      Open(disk, path, Access::kCreateNew);
      WriteUnsynced(disk, path, std::string(20'000, path[1]), 0);
    }
    disk.Crash(seed, CrashMode::kStaleBlocks);
    return std::vector<Bytes>{disk.Bytes("/a"), disk.Bytes("/b"), disk.Bytes("/c")};
  };
  EXPECT_EQ(run(7), run(7));
  std::set<std::vector<Bytes>> different;
  for (std::uint64_t seed = 0; seed < 20; ++seed) different.insert(run(seed));
  EXPECT_GT(different.size(), 10U);
}

}  // namespace
}  // namespace inferometer::os
