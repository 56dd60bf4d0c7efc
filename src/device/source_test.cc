#include "device/source.h"

#include <gtest/gtest.h>

#include <thread>

#include "os/temporary_folder.h"

namespace inferometer::device {
namespace {

constexpr const char* kHeader = "ts,device,co,humidity,light,lpg,motion,smoke,temp\n";

std::string Row(const std::string& device, double ts, double temp) {
  return std::to_string(ts) + "," + device + ",0.005,50,false,0.0077,true,0.02," + std::to_string(temp) + "\n";
}

class ReplaySourceTest : public testing::Test {
 protected:
  std::unique_ptr<Source> MustOpen(const std::string& csv, ReplaySource::Options options) {
    auto source = ReplaySource::Open(folder_.Put("a.csv", csv), std::move(options),
                                     [this](const std::string& problem) { problems_.push_back(problem); });
    EXPECT_TRUE(source.ok()) << source.status().message();
    return std::move(*source);
  }
  std::vector<double> Temps(Source& source) {
    std::vector<double> temps;
    for (;;) {
      auto message = source.Next(stop_.get_token());
      end_ = message.status();
      if (!message.ok() || !message->has_value()) return temps;
      temps.push_back((*message)->temp);
    }
  }
  os::TemporaryFolder folder_;
  std::vector<std::string> problems_;
  std::stop_source stop_;
  Status end_;
};

TEST_F(ReplaySourceTest, RowsOfOneSensorOrOfAll) {
  const std::string csv = kHeader + Row("aaa", 1, 20) + Row("bbb", 2, 21) + Row("aaa", 3, 22);
  EXPECT_EQ(Temps(*MustOpen(csv, {"aaa", {}})), (std::vector<double>{20, 22}));
  EXPECT_EQ(Temps(*MustOpen(csv, {"all", {}})), (std::vector<double>{20, 21, 22}));
}

TEST_F(ReplaySourceTest, NoRowOfTheSensorIsAnErrorThatNamesThoseThereAre) {
  EXPECT_TRUE(Temps(*MustOpen(kHeader + Row("aaa", 1, 20), {"bbb", {}})).empty());
  EXPECT_EQ(end_.code(), Code::kNotFound);
  EXPECT_NE(end_.message().find("aaa"), std::string::npos);
}

TEST_F(ReplaySourceTest, BadRowsAreNamedCountedAndPassedOver) {
  std::string csv = kHeader + Row("aaa", 1, 20);
  for (int i = 0; i < 30; ++i) csv += "bad,row\n";
  csv += Row("aaa", 2, 21);
  EXPECT_EQ(Temps(*MustOpen(csv, {"aaa", {}})), (std::vector<double>{20, 21}));
  ASSERT_EQ(problems_.size(), 12U);  // ten by name, that no more are named, and the count
  EXPECT_NE(problems_[0].find("line 3"), std::string::npos) << problems_[0];
  EXPECT_NE(problems_[11].find("30 rows"), std::string::npos) << problems_[11];
}

TEST_F(ReplaySourceTest, PaceIsThatOfTheRecordedTimes) {
  const auto source = MustOpen(kHeader + Row("aaa", 10, 20) + Row("aaa", 12, 21), {"aaa", 10.0});
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(Temps(*source).size(), 2U);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(195));
}

TEST_F(ReplaySourceTest, StopEndsAPause) {
  const auto source = MustOpen(kHeader + Row("aaa", 10, 20) + Row("aaa", 2000, 21), {"aaa", 1.0});
  std::thread stopper([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    stop_.request_stop();
  });
  (void)Temps(*source);
  stopper.join();
  EXPECT_TRUE(end_.ok());
}

TEST(GeneratorSource, GivesAsManyAsWereAskedFor) {
  auto generator = telemetry::Generator::Create("00:0f:00:70:91:0a", 1, WallTime());
  ASSERT_TRUE(generator.ok());
  GeneratorSource source(std::move(*generator), 3, std::nullopt);
  const std::stop_source stop;
  int count = 0;
  while (source.Next(stop.get_token())->has_value()) ++count;
  EXPECT_EQ(count, 3);
}

}  // namespace
}  // namespace inferometer::device
