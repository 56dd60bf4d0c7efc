#include "probe/energy/rapl.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <thread>

#include "os/as_nobody.h"
#include "probe/energy/fake_powercap.h"
#include "probe/manual_clock.h"

namespace inferometer::probe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t kUjPerJ = 1'000'000;

class RaplTest : public testing::Test {
 protected:
  Result<std::unique_ptr<EnergySource>> Open(std::function<void()> pause = [] {}) {
    EnergyRoots roots;
    roots.sysfs = powercap_.sysfs();
    roots.clock = &clock_;
    roots.pause = std::move(pause);
    return Rapl::Open(roots);
  }
  // As Open, for a machine whose platform counter must be judged: what moves meanwhile.
  void Judge(std::uint64_t platform_j, std::uint64_t package_j) {
    powercap_.Add("intel-rapl:0", "package-0", 0);
    powercap_.Add("intel-rapl:1", "psys", 0);
    auto rapl = Open([&] {
      clock_.Advance(seconds(1));
      powercap_.Set("intel-rapl:1", platform_j * kUjPerJ);
      powercap_.Set("intel-rapl:0", package_j * kUjPerJ);
    });
    ASSERT_TRUE(rapl.ok()) << rapl.status().message();
    rapl_ = std::move(rapl).value();
  }
  // One second in which the zones move on to these counts.
  Result<Energy> Window(const std::vector<std::pair<const char*, std::uint64_t>>& zones) {
    const EnergyReading begin = rapl_->Read();
    for (const auto& [zone, joules] : zones) powercap_.Set(zone, joules * kUjPerJ);
    clock_.Advance(seconds(1));
    return rapl_->Between(begin, rapl_->Read(), seconds(1));
  }
  void OpenOrDie() {
    auto rapl = Open();
    ASSERT_TRUE(rapl.ok()) << rapl.status().message();
    rapl_ = std::move(rapl).value();
  }

  FakePowercap powercap_;
  ManualClock clock_;
  std::unique_ptr<EnergySource> rapl_;
};

TEST_F(RaplTest, NoCounterIsNotFound) {
  EXPECT_EQ(Open().status().code(), Code::kNotFound);
  EXPECT_NE(Open().status().message().find(powercap_.sysfs().string()), std::string::npos);
}

TEST_F(RaplTest, PackageAloneIsThePackage) {
  powercap_.Add("intel-rapl:0", "package-0", 100 * kUjPerJ);
  powercap_.Add("intel-rapl:0:0", "core", 10 * kUjPerJ);
  powercap_.Add("intel-rapl:0:1", "uncore", 10 * kUjPerJ);
  OpenOrDie();
  EXPECT_EQ(rapl_->facts().scope, "package");
  const auto energy = Window({{"intel-rapl:0", 120}, {"intel-rapl:0:0", 25}, {"intel-rapl:0:1", 12}});
  ASSERT_TRUE(energy.ok()) << energy.status().message();
  EXPECT_DOUBLE_EQ(energy->mj, 20'000.0);  // core and uncore are inside the package
}

TEST_F(RaplTest, TwoPackagesWithMemoryInAnyOrderAndTwoProvidersCountOnce) {
  powercap_.Add("intel-rapl:1", "package-0", 0);
  powercap_.Add("intel-rapl:1:0", "dram", 0);
  powercap_.Add("intel-rapl:0", "package-1", 0);
  powercap_.Add("intel-rapl:0:2", "dram", 0);
  powercap_.Add("intel-rapl-mmio:0", "package-0", 0);
  powercap_.Add("intel-rapl-mmio:0:0", "dram", 0);
  OpenOrDie();
  EXPECT_EQ(rapl_->facts().scope, "package+dram");
  const auto energy = Window({{"intel-rapl:1", 20},
                              {"intel-rapl:1:0", 3},
                              {"intel-rapl:0", 30},
                              {"intel-rapl:0:2", 4},
                              {"intel-rapl-mmio:0", 20},
                              {"intel-rapl-mmio:0:0", 3}});
  ASSERT_TRUE(energy.ok()) << energy.status().message();
  EXPECT_DOUBLE_EQ(energy->mj, 57'000.0);
}

TEST_F(RaplTest, PlatformThatDrawsMoreThanItsPackagesIsTheScope) {
  Judge(12, 5);
  EXPECT_EQ(rapl_->facts().scope, "psys");
  const auto energy = Window({{"intel-rapl:1", 27}, {"intel-rapl:0", 10}});
  ASSERT_TRUE(energy.ok());
  EXPECT_DOUBLE_EQ(energy->mj, 15'000.0);
}

TEST_F(RaplTest, PlatformThatDrawsLessThanItsPackagesIsNotBelieved) {
  Judge(2, 5);
  EXPECT_EQ(rapl_->facts().scope, "package");
}

TEST_F(RaplTest, PlatformThatStandsStillIsNotBelieved) {
  Judge(0, 0);
  EXPECT_EQ(rapl_->facts().scope, "package");
}

TEST_F(RaplTest, PlatformThatCannotBeReadLeavesThePackages) {
  powercap_.Add("intel-rapl:0", "package-0", 0);
  powercap_.Add("intel-rapl:1", "psys", 0);
  powercap_.Break("intel-rapl:1", "garbage");
  OpenOrDie();
  EXPECT_EQ(rapl_->facts().scope, "package");
}

TEST_F(RaplTest, MemoryThatCannotBeReadIsNotInTheScope) {
  powercap_.Add("intel-rapl:0", "package-0", 0);
  powercap_.Add("intel-rapl:0:0", "dram", 0);
  powercap_.Break("intel-rapl:0:0", "");
  OpenOrDie();
  EXPECT_EQ(rapl_->facts().scope, "package");
}

TEST_F(RaplTest, OnePackageThatCannotBeReadLeavesNoSum) {
  powercap_.Add("intel-rapl:0", "package-0", 0);
  powercap_.Add("intel-rapl:1", "package-1", 0);
  powercap_.Break("intel-rapl:1", "garbage\n");
  EXPECT_EQ(Open().status().code(), Code::kDataLoss);
  EXPECT_NE(Open().status().message().find("intel-rapl:1/energy_uj"), std::string::npos) << Open().status().message();
}

TEST_F(RaplTest, PackageWithoutARangeIsAnError) {
  powercap_.Add("intel-rapl:0", "package-0", 0, 0);
  EXPECT_EQ(Open().status().code(), Code::kDataLoss);
}

TEST_F(RaplTest, NoPermissionSaysWhichCommandGivesIt) {
  powercap_.Add("intel-rapl:0", "package-0", 0);
  ::chmod(powercap_.sysfs().c_str(), 0755);
  ::chmod((powercap_.Zone("intel-rapl:0") / "energy_uj").c_str(), 0);
  const auto rapl = [this] {
    const os::AsNobody nobody;
    return Open();
  }();
  EXPECT_EQ(rapl.status().code(), Code::kPermissionDenied);
  const std::string files = powercap_.sysfs().string() + "/class/powercap/*/energy_uj";
  EXPECT_NE(rapl.status().message().find("sudo chgrp " + std::to_string(::getegid()) + " " + files), std::string::npos);
  EXPECT_NE(rapl.status().message().find("sudo chmod 440 " + files), std::string::npos) << rapl.status().message();
}

TEST_F(RaplTest, CounterThatStandsStillGivesNoZero) {
  powercap_.Add("intel-rapl:0", "package-0", 5);
  OpenOrDie();
  const auto energy = Window({});
  EXPECT_EQ(energy.status().code(), Code::kUnavailable);
}

TEST_F(RaplTest, ResetInTheWindowGivesAReasonAndNoEnergy) {
  powercap_.Add("intel-rapl:0", "package-0", 100 * kUjPerJ);
  OpenOrDie();
  const auto energy = Window({{"intel-rapl:0", 0}});
  EXPECT_EQ(energy.status().code(), Code::kDataLoss);
  EXPECT_NE(energy.status().message().find("jumped"), std::string::npos);
}

TEST_F(RaplTest, TheReasonIsThatOfTheLatestTrouble) {
  powercap_.Add("intel-rapl:0", "package-0", 100 * kUjPerJ);
  powercap_.Add("intel-rapl:1", "package-1", 0);
  OpenOrDie();
  EXPECT_FALSE(Window({{"intel-rapl:0", 0}}).ok());
  powercap_.Break("intel-rapl:1", "what\n");
  const auto energy = Window({});
  EXPECT_NE(energy.status().message().find("intel-rapl:1/energy_uj: not a number"), std::string::npos)
      << energy.status().message();
}

TEST_F(RaplTest, UncertaintyIsTheStepPlusFivePercent) {
  powercap_.Add("intel-rapl:0", "package-0", 0);
  OpenOrDie();
  const auto energy = Window({{"intel-rapl:0", 10}});  // 10 W for 1 s
  ASSERT_TRUE(energy.ok());
  EXPECT_NEAR(energy->uncertainty_mj, 2 * 10.0 / std::sqrt(6.0) + 500.0, 1e-9);
}

TEST(KeepAliveInterval, IsAQuarterOfTheRangeAt500WattsAndAtMost30Seconds) {
  EXPECT_EQ(KeepAliveInterval(FakePowercap::kIntelRangeUj), seconds(30));
  EXPECT_EQ(KeepAliveInterval(7'000'000), milliseconds(3));
  EXPECT_EQ(KeepAliveInterval(1), milliseconds(1));
}

// A counter that moves 25 mJ every ms and wraps every 280 ms, read by the tick and the window at once.
TEST_F(RaplTest, IsRightWhileTheCounterRunsAndWraps) {
  constexpr std::uint64_t kRangeUj = 7'000'000;
  constexpr std::uint64_t kStepUj = 25'000;
  powercap_.Add("intel-rapl:0", "package-0", 0, kRangeUj);
  powercap_.Put("intel-rapl:0", "constraint_0_max_power_uw", "50000000\n");
  const base::SystemClock system_clock;
  EnergyRoots roots;
  roots.sysfs = powercap_.sysfs();
  roots.clock = &system_clock;
  auto rapl = Rapl::Open(roots);
  ASSERT_TRUE(rapl.ok()) << rapl.status().message();

  std::atomic<std::uint64_t> truth_uj = 0;
  std::jthread writer([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      powercap_.Set("intel-rapl:0", (truth_uj + kStepUj) % kRangeUj);
      truth_uj += kStepUj;
      std::this_thread::sleep_for(milliseconds(1));
    }
  });
  // The counter moves on while it is read, by much when we lose the CPU meanwhile: before and behind are its bounds.
  struct Look {
    double before_mj = 0;
    EnergyReading reading;
    double behind_mj = 0;
  };
  const auto truth_mj = [&] { return static_cast<double>(truth_uj) / 1000.0; };
  const auto look = [&] {
    const double before_mj = truth_mj();
    const EnergyReading reading = (*rapl)->Read();
    // The file is written before the truth.
    return Look{before_mj, reading, truth_mj() + static_cast<double>(kStepUj) / 1000.0};
  };
  int whole = 0;
  for (int window = 0; window < 6; ++window) {
    const Look begin = look();
    std::this_thread::sleep_for(milliseconds(500));
    const Look end = look();
    const auto energy = (*rapl)->Between(begin.reading, end.reading, milliseconds(500));
    if (!energy.ok()) continue;  // a busy machine let the tick sleep for longer than a range
    ++whole;
    EXPECT_GE(energy->mj, end.before_mj - begin.behind_mj);
    EXPECT_LE(energy->mj, end.behind_mj - begin.before_mj);
  }
  EXPECT_GE(whole, 1);
}

}  // namespace
}  // namespace inferometer::probe
