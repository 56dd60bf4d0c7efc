#include "hub/collector.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/record_key.h"
#include "os/files.h"
#include "os/temporary_folder.h"
#include "store/ledger_for_tests.h"

namespace inferometer::hub {
namespace {

using std::chrono::seconds;

std::string Record(const std::string& device, std::uint64_t stream, std::uint64_t sequence) {
  return R"({"timestamp":"2026-10-07T10:30:15.000001Z","device_id":")" + device +
         R"(","model_name":"m","inference_time_ms":1,"status":"ok","record_id":")" +
         base::RecordIdText({device, stream, sequence}) + "\"}";
}

class ACollector : public testing::Test {
 protected:
  void SetUp() override {
    CollectorOptions options{.folder = folder_.path(), .new_store_id = 5};
    options.journal.stream = 1;
    options.journal.keep_free_bytes = 0;
    auto opened = Collector::Open(options, os::SystemFileCalls(), clock_);
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    collector_ = std::move(*opened);
  }
  void Take(const std::string& device, std::uint64_t sequence, std::uint64_t stream = 7) {
    collector_->Take("iot/metrics/" + device, Record(device, stream, sequence));
  }
  void Commit() { ASSERT_TRUE(collector_->Commit().ok()); }
  // "device upto" of each reply with one stream.
  std::vector<std::string> Replies(std::size_t most) {
    std::vector<std::string> said;
    for (const Reply& one : collector_->TakeReplies(most)) {
      EXPECT_EQ(one.acknowledgement.acks.size(), 1U);
      said.push_back(one.device + " " + std::to_string(one.acknowledgement.acks.front().upto));
    }
    return said;
  }
  std::uint64_t files() const { return collector_->Report().files; }
  std::uint64_t unsaved() const { return collector_->Report().unsaved; }

  std::ptrdiff_t FilesOf(const std::string& folder) const {
    return std::distance(std::filesystem::directory_iterator(folder_.path() / folder), {});
  }

  using Lines = std::vector<std::string>;
  const os::TemporaryFolder folder_;
  const base::SystemClock clock_;
  std::unique_ptr<Collector> collector_;
};

TEST_F(ACollector, RepliesOnceToEachDeviceWhateverItSent) {
  Take("aaa", 1);
  Take("bbb", 1);
  Take("aaa", 2);
  Commit();
  EXPECT_TRUE(collector_->has_replies());
  EXPECT_EQ(Replies(9), (Lines{"aaa 2", "bbb 1"}));
  EXPECT_FALSE(collector_->has_replies());
  EXPECT_EQ(Replies(9), Lines{});
}

TEST_F(ACollector, StoresOnceWhatComesTwiceInARound) {
  for (const std::uint64_t sequence : {1U, 2U, 1U, 2U, 3U}) Take("aaa", sequence);
  Take("aaa", 1, 8);
  Take("bbb", 1);
  Commit();
  EXPECT_EQ(collector_->Report().records, 5U);
  EXPECT_EQ(collector_->Report().duplicates, 2U);
}

TEST_F(ACollector, RepliesLaterToThoseWhoDidNotGetTheirsWithWhatIsDurableThen) {
  for (const char* const device : {"aaa", "bbb", "ccc"}) Take(device, 1);
  Commit();
  EXPECT_EQ(Replies(2), (Lines{"aaa 1", "bbb 1"}));
  Take("aaa", 2);
  Take("ccc", 2);
  Commit();
  EXPECT_EQ(Replies(1), Lines{"ccc 2"}) << "who waits longest comes first";
  EXPECT_EQ(Replies(1), Lines{"aaa 2"});
  EXPECT_FALSE(collector_->has_replies());
}

TEST_F(ACollector, ReportsTheLostHoursThatADeviceToldLast) {
  const auto told = [&](const std::vector<store::LostHours>& hours) {
    std::string json = R"({"status":"online","lost_hours":)";
    store::AppendLostHoursJson(hours, json);
    collector_->Take("iot/status/aaa", json + "}");
    return collector_->Report().devices.at(0).lost_hours;
  };
  const std::vector<store::LostHours> some = {store::LostHours::Unknown(2), store::HourOf(5), store::HourOf(7)};
  EXPECT_EQ(told(some), some);
  EXPECT_EQ(told({store::HourOf(5)}), std::vector<store::LostHours>{store::HourOf(5)});
  collector_->Take("iot/status/aaa", R"({"status":"offline"})");
  EXPECT_EQ(collector_->Report().devices.at(0).lost_hours.size(), 1U) << "a last will says nothing of them";
}

TEST_F(ACollector, ReportOfManyDevicesNamesFewSpansOfEachAndLosesNoSum) {
  std::string json = R"({"status":"online","lost_hours":)";
  store::AppendLostHoursJson(store::FullHours(), json);
  for (int i = 0; i < 110; ++i) collector_->Take("iot/status/device-" + std::to_string(100 + i), json + "}");
  const auto report = collector_->Report();
  EXPECT_EQ(report.devices.front().lost_hours, store::FullHours());
  EXPECT_EQ(report.devices.back().lost_hours, store::WithAtMost(2, store::FullHours()));
}

TEST_F(ACollector, NamesAStreamOnceHoweverOftenItWasSent) {
  for (std::uint64_t sequence = 1; sequence <= 5; ++sequence) {
    Take("aaa", sequence, 7);
    Take("aaa", sequence, 8);
  }
  Commit();
  const auto replies = collector_->TakeReplies(9);
  ASSERT_EQ(replies.size(), 1U);
  ASSERT_EQ(replies[0].acknowledgement.acks.size(), 2U);
  EXPECT_EQ(replies[0].acknowledgement.acks[0].stream, 7U);
  EXPECT_EQ(replies[0].acknowledgement.acks[1].upto, 5U);
}

TEST_F(ACollector, SavesFullFilesOneAtATimeAndNobodyTwiceBeforeAllOthers) {
  for (const std::string device : {"aaa", "bbb", "ccc"}) {
    for (std::uint64_t sequence = 1; sequence <= 2000; ++sequence) Take(device, sequence);
  }
  Commit();
  EXPECT_TRUE(collector_->SaveDue(seconds(0)));
  EXPECT_EQ(files(), 1U);
  EXPECT_TRUE(collector_->SaveDue(seconds(0)));
  EXPECT_FALSE(collector_->SaveDue(seconds(0)));
  EXPECT_EQ(unsaved(), 3000U);
  for (const auto& device : collector_->Report().devices) EXPECT_EQ(FilesOf(device.folder), 1) << device.folder;
}

class ACollectorOfFewUnsaved : public ACollector {
 protected:
  void SetUp() override {
    CollectorOptions options{.folder = folder_.path(), .most_unsaved = 40, .new_store_id = 5};
    options.journal.stream = 1;
    options.journal.keep_free_bytes = 0;
    auto opened = Collector::Open(options, os::SystemFileCalls(), clock_);
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    collector_ = std::move(*opened);
  }
  void TakeOf(int devices, std::uint64_t sequence) {
    for (int i = 0; i < devices; ++i) Take("device-" + std::to_string(100 + i), sequence);
    Commit();
  }
};

TEST_F(ACollectorOfFewUnsaved, SavesTheFullestOnesInSlices) {
  TakeOf(10, 1);
  TakeOf(39, 2);  // the first ten have two records now
  EXPECT_TRUE(collector_->SaveDue(seconds(0))) << "there are more than a slice";
  EXPECT_EQ(files(), 16U);
  EXPECT_EQ(unsaved(), 49U - 10U * 2U - 6U);
}

TEST_F(ACollectorOfFewUnsaved, LeavesTheEmptierOnesWhenFewEnoughAreUnsaved) {
  TakeOf(48, 1);
  EXPECT_TRUE(collector_->SaveDue(seconds(0)));
  EXPECT_FALSE(collector_->SaveDue(seconds(600)));
  EXPECT_EQ(files(), 16U) << "or each device got a file of one record";
}

TEST_F(ACollectorOfFewUnsaved, SavesOnUntilMemoryIsBoundedWhateverTimeItTakes) {
  TakeOf(300, 1);
  EXPECT_TRUE(collector_->SaveDue(seconds(0)));
  EXPECT_EQ(unsaved(), 300U - 7U * 16U) << "below 5 times 40";
  EXPECT_FALSE(collector_->SaveDue(seconds(600)));
  EXPECT_EQ(unsaved(), 0U);
}

}  // namespace
}  // namespace inferometer::hub
