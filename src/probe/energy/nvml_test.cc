#include "probe/energy/nvml.h"

#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "os/temporary_folder.h"
#include "probe/energy/nvml_for_tests.h"
#include "probe/manual_clock.h"

namespace inferometer::probe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr unsigned kNotSupported = 3;

class NvmlTest : public testing::Test {
 protected:
  Result<std::unique_ptr<EnergySource>> Open(const std::string& library = NvmlForTests::kPath) {
    EnergyRoots roots;
    roots.clock = &clock_;
    roots.nvml_library = library;
    return OpenNvml(roots);
  }
  void OpenOrDie() {
    auto source = Open();
    ASSERT_TRUE(source.ok()) << source.status().message();
    source_ = std::move(source).value();
  }
  // GPUs of before Volta.
  void TakeCountersAway() { nvml_->energy_result[0] = nvml_->energy_result[1] = kNotSupported; }

  NvmlForTests nvml_;
  ManualClock clock_;
  std::unique_ptr<EnergySource> source_;
};

TEST_F(NvmlTest, CountersOfAllGpusAreAddedUp) {
  nvml_->gpus = 2;
  nvml_->energy_mj[0] = 1'000'000;
  OpenOrDie();
  EXPECT_EQ(source_->facts().name, "nvml");
  EXPECT_EQ(source_->facts().scope, "gpu");
  EXPECT_FALSE(source_->facts().is_sampled);
  EXPECT_EQ(source_->facts().detail, "the sum of Fake 0? + Fake 1?, counters that step every 100 ms");
  const EnergyReading begin = source_->Begin();
  nvml_->energy_mj[0] += 30'000;
  nvml_->energy_mj[1] += 20'000;
  clock_.Advance(seconds(1));
  const auto energy = source_->Between(begin, source_->Read(), seconds(1));
  ASSERT_TRUE(energy.ok()) << energy.status().message();
  EXPECT_DOUBLE_EQ(energy->mj, 50'000);
  EXPECT_NEAR(energy->uncertainty_mj, 2 * 50'000 * 0.1 / std::sqrt(6.0) + 2'500, 1);
}

TEST_F(NvmlTest, ACounterThatIsLowerThanBeforeIsADisturbanceAndNoWrap) {
  nvml_->energy_mj[0] = 1'000'000;
  OpenOrDie();
  const EnergyReading begin = source_->Begin();
  nvml_->energy_mj[0] = 10;
  clock_.Advance(seconds(1));
  const EnergyReading end = source_->Read();
  EXPECT_DOUBLE_EQ(end.total_mj, begin.total_mj);
  const auto energy = source_->Between(begin, end, seconds(1));
  EXPECT_EQ(energy.status().message(), "Fake 0?: the counter began anew (driver reloaded?)");
  nvml_->energy_mj[0] += 5'000;  // and all is well for the next window
  clock_.Advance(seconds(1));
  EXPECT_DOUBLE_EQ(source_->Between(end, source_->Read(), seconds(1))->mj, 5'000);
}

TEST_F(NvmlTest, AJumpIsADisturbance) {
  OpenOrDie();
  const EnergyReading begin = source_->Begin();
  nvml_->energy_mj[0] = 1'000'000'000;
  clock_.Advance(seconds(1));
  EXPECT_EQ(source_->Between(begin, source_->Read(), seconds(1)).status().message(), "Fake 0?: the counter jumped");
}

TEST_F(NvmlTest, AFailedReadSpoilsItsWindowAndNoOther) {
  OpenOrDie();
  const EnergyReading begin = source_->Begin();
  nvml_->energy_result[0] = 15;
  clock_.Advance(seconds(1));
  const EnergyReading failed = source_->Read();
  EXPECT_FALSE(failed.ok);
  EXPECT_EQ(source_->Between(begin, failed, seconds(1)).status().message(), "Fake 0?: energy: GPU is lost");
  nvml_->energy_result[0] = 0;
  const EnergyReading again = source_->Begin();
  nvml_->energy_mj[0] += 7;
  clock_.Advance(seconds(1));
  EXPECT_DOUBLE_EQ(source_->Between(again, source_->Read(), seconds(1))->mj, 7);
}

TEST_F(NvmlTest, AStuckCounterIsNoEnergy) {
  OpenOrDie();
  const EnergyReading begin = source_->Begin();
  clock_.Advance(milliseconds(5));
  EXPECT_EQ(source_->Between(begin, source_->Read(), milliseconds(5)).status().code(), Code::kUnavailable);
}

TEST_F(NvmlTest, TheStepIsMeasured) {
  nvml_->step_ms = 40;
  const base::SystemClock clock;
  auto driver = NvmlDriver::Open(NvmlForTests::kPath);
  ASSERT_TRUE(driver.ok());
  const auto step = MeasureCounterStep(**driver, clock);
  EXPECT_GE(step, milliseconds(30));
  EXPECT_LE(step, milliseconds(80));  // a busy machine looks late
}

TEST_F(NvmlTest, PowerOfTheMomentStandsInForTheCounter) {
  nvml_->gpus = 2;
  TakeCountersAway();
  nvml_->instant_mw[0] = 20'000;
  nvml_->instant_mw[1] = 30'500;
  nvml_->mean_mw[0] = 1;
  OpenOrDie();
  EXPECT_TRUE(source_->facts().is_sampled);
  EXPECT_EQ(source_->facts().detail, "the sum of Fake 0? + Fake 1?, power of the moment");
  EXPECT_DOUBLE_EQ(source_->Begin().watts, 50.5);
}

TEST_F(NvmlTest, MeanPowerIsTheLastChoiceAndAsUncertainAsItIs) {
  TakeCountersAway();
  nvml_->instant_result = kNotSupported;
  nvml_->mean_mw[0] = 40'000;
  OpenOrDie();
  EXPECT_EQ(source_->facts().resolution, seconds(1));
  const EnergyReading begin = source_->Begin();
  clock_.Advance(milliseconds(400));
  const auto energy = source_->Between(begin, source_->Read(), milliseconds(400));
  ASSERT_TRUE(energy.ok()) << energy.status().message();
  EXPECT_DOUBLE_EQ(energy->mj, 16'000);
  EXPECT_GE(energy->uncertainty_mj, 0.25 * 16'000);
}

TEST_F(NvmlTest, OneGpuWithoutCounterMakesAllOfThemGauges) {
  nvml_->gpus = 2;
  nvml_->energy_result[1] = kNotSupported;
  OpenOrDie();
  EXPECT_TRUE(source_->facts().is_sampled);
}

TEST_F(NvmlTest, AGpuThatTellsNothingIsUnavailable) {
  TakeCountersAway();
  nvml_->instant_result = nvml_->mean_result = kNotSupported;
  const Status status = Open().status();
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_EQ(status.message(), "Fake 0?: power: Not Supported");
}

TEST_F(NvmlTest, WithoutLibraryDriverOrGpuThereIsNothing) {
  EXPECT_EQ(Open("").status().code(), Code::kNotFound);
  EXPECT_EQ(Open("libno_such_nvml.so.1").status().code(), Code::kNotFound);
  nvml_->init_result = 9;
  EXPECT_EQ(Open().status().code(), Code::kNotFound);
  nvml_->init_result = 0;
  nvml_->gpus = 0;
  EXPECT_EQ(Open().status().code(), Code::kNotFound);
}

TEST_F(NvmlTest, ADriverThatDoesNotStartIsUnavailableInItsOwnWords) {
  nvml_->init_result = 18;
  const Status status = Open().status();
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_EQ(status.message(), "nvmlInit: Driver/library version mismatch");
}

TEST_F(NvmlTest, ALibraryOfAnotherKindIsUnavailable) {
  EXPECT_EQ(Open("libm.so.6").status().code(), Code::kUnavailable);
  const os::TemporaryFolder folder;
  EXPECT_EQ(Open(folder.Put("libnvidia-ml.so.1", "garbage").string()).status().code(), Code::kUnavailable);
}

TEST_F(NvmlTest, TheDriverIsShutDownAsOftenAsItWasStarted) {
  OpenOrDie();
  EXPECT_EQ(nvml_->started, 1);
  source_.reset();
  EXPECT_EQ(nvml_->started, 0);
  nvml_->gpus = 0;
  static_cast<void>(Open());
  EXPECT_EQ(nvml_->started, 0);
}

TEST_F(NvmlTest, ManyMayReadAtOnce) {
  nvml_->energy_mj[0] = 1;
  OpenOrDie();
  const EnergyReading begin = source_->Begin();
  nvml_->energy_mj[0] += 1'000;
  clock_.Advance(seconds(1));
  std::vector<std::jthread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      for (int n = 0; n < 1'000; ++n) static_cast<void>(source_->Read());
    });
  }
  readers.clear();
  EXPECT_DOUBLE_EQ(source_->Between(begin, source_->Read(), seconds(1))->mj, 1'000);
}

}  // namespace
}  // namespace inferometer::probe
