// What is missing from the journal's front at a start: whether that is a loss.
#include <gtest/gtest.h>

#include <algorithm>

#include "device/shipping_for_tests.h"

namespace inferometer::device {
namespace {

// What the quota takes once the hub has it.
class ShippingWithoutTheFront : public ShippingTest {
 protected:
  void SetUp() override {
    ShippingTest::SetUp();
    Start();
    Acknowledge(0);
    for (int i = 0; i < static_cast<int>(kRecords); ++i) AppendDurable(1, 20'000);
    ASSERT_GE(keeping_->journal().segments().size(), 3U);
    gone_ = keeping_->journal().segments().front();
  }
  void AcknowledgeTheFront() {
    Acknowledge(gone_.last_sequence);
    ASSERT_TRUE(keeping_->Sync().ok());
  }
  void TakeTheFront() {
    EndRun();
    std::filesystem::remove(Journal() / store::SegmentName(gone_.segment));
  }
  void DamageLedger() { folder_.Put("abc/journal/ledger", std::string(65536, 'x')); }
  [[nodiscard]] std::filesystem::path Journal() const { return folder_.path() / "abc/journal"; }

  static constexpr std::uint64_t kRecords = 12;
  store::SegmentInfo gone_;
};

TEST_F(ShippingWithoutTheFront, IsNoLossWhenTheHubHadIt) {
  AcknowledgeTheFront();
  TakeTheFront();
  Start();
  EXPECT_EQ(keeping_->lost_records(), 0U);
}

TEST_F(ShippingWithoutTheFront, IsALossWhenNoHubHadIt) {
  TakeTheFront();
  Start();
  EXPECT_EQ(keeping_->lost_records(), gone_.last_sequence);
}

TEST_F(ShippingWithoutTheFront, IsNoLossAfterTheHubWasReplaced) {
  AcknowledgeTheFront();
  TakeTheFront();
  Start();
  mqtt::Acknowledgement of_another;
  of_another.store_id = kHub + 1;
  Answer(of_another);
  ASSERT_TRUE(keeping_->Sync().ok());
  Start();
  EXPECT_EQ(keeping_->lost_records(), 0U);
  EXPECT_EQ(shipping_->lag(), kRecords - gone_.last_sequence);
}

TEST_F(ShippingWithoutTheFront, IsNotCalledALossWithADamagedLedger) {
  AcknowledgeTheFront();
  TakeTheFront();
  DamageLedger();
  Start();
  EXPECT_EQ(keeping_->lost_records(), 0U);
  EXPECT_EQ(shipping_->lag(), kRecords - gone_.last_sequence);
  ASSERT_TRUE(keeping_->Sync().ok());
  Start();
  EXPECT_EQ(keeping_->lost_records(), 0U) << "nor by the next run, without any hub in between";
}

TEST_F(ShippingWithoutTheFront, OfANewerRunIsALossAlsoWithADamagedLedger) {
  Start();
  for (int i = 0; i < 8; ++i) AppendDurable(1, 20'000);
  const auto& segments = keeping_->journal().segments();
  gone_ = *std::find_if(segments.begin(), segments.end(), [](const auto& one) { return one.stream == 2; });
  TakeTheFront();
  DamageLedger();
  Start();
  EXPECT_EQ(keeping_->lost_records(), gone_.last_sequence);
}

TEST_F(ShippingWithoutTheFront, IsALossWithADamagedLedgerWhenItWasSetAside) {
  EndRun();
  folder_.Put("abc/journal/" + store::SegmentName(gone_.segment), std::string(100'000, 'x'));
  DamageLedger();
  Start();
  EXPECT_EQ(keeping_->lost_records(), gone_.last_sequence);
}

// As when the journal's folder is removed under a running program.
TEST_F(ShippingWithoutTheFront, IsALossWhenTheLedgerIsGoneToo) {
  AcknowledgeTheFront();
  TakeTheFront();
  std::filesystem::remove(Journal() / "ledger");
  Start();
  EXPECT_EQ(keeping_->lost_records(), gone_.last_sequence);
}

}  // namespace
}  // namespace inferometer::device
