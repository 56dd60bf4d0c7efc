#include "probe/heat/firmware_throttle.h"

#include <gtest/gtest.h>

#include "probe/fake_mailbox.h"

namespace inferometer::probe {
namespace {

TEST(ParseThrottled, ReadsTheBits) {
  EXPECT_EQ(*ParseThrottled("throttled=0x50005"), 0x50005U);
  EXPECT_EQ(*ParseThrottled("throttled=0x0\n"), 0U);
}

TEST(ParseThrottled, GarbageNamesTheByte) {
  for (const auto& [text, at] : {std::pair{"", 0U},
                                 {"throttled=5", 0U},
                                 {"throttled=0x", 12U},
                                 {"throttled=0x-1", 12U},
                                 {"throttled=0x5 ", 13U},
                                 {"throttled=0x123456789", 12U}}) {
    const auto bits = ParseThrottled(text);
    ASSERT_EQ(bits.status().code(), Code::kDataLoss) << text;
    EXPECT_EQ(bits.status().offset_bytes(), at) << text;
  }
}

TEST(ReasonsOf, FollowTheBits) {
  EXPECT_EQ(ReasonsOf(0), 0);
  EXPECT_EQ(ReasonsOf(0x1), SetOf(ThrottleReason::kUnderVoltage));
  EXPECT_EQ(ReasonsOf(0x2), SetOf(ThrottleReason::kFrequencyCapped));
  EXPECT_EQ(ReasonsOf(0x4), SetOf(ThrottleReason::kThermal));
  EXPECT_EQ(ReasonsOf(0x8), SetOf(ThrottleReason::kSoftTemperatureLimit));
  EXPECT_EQ(ReasonsOf(0xF0000), 0);
}

class FirmwareThrottleTest : public testing::Test {
 protected:
  void OpenWith(const std::string& answer) {
    mailbox_->Answer("get_throttled", answer);
    auto source = OpenFirmwareThrottle(mailbox_);
    ASSERT_TRUE(source.ok()) << source.status().message();
    source_ = std::move(source).value();
  }
  ThrottleLook Look(const std::string& answer) {
    mailbox_->Answer("get_throttled", answer);
    return *source_->Look();
  }

  const std::shared_ptr<FakeMailbox> mailbox_ = std::make_shared<FakeMailbox>();
  std::unique_ptr<ThrottleSource> source_;
};

TEST_F(FirmwareThrottleTest, WhatOccurredBeforeIsNothing) {
  OpenWith("throttled=0xf0000");
  const ThrottleLook look = Look("throttled=0xf0000");
  EXPECT_EQ(look.live | look.passed, 0);
}

TEST_F(FirmwareThrottleTest, WhatOccursAnewHasPassed) {
  OpenWith("throttled=0x10000");
  const ThrottleLook look = Look("throttled=0x50000");
  EXPECT_EQ(look.live, 0);
  EXPECT_EQ(look.passed, SetOf(ThrottleReason::kThermal));
  EXPECT_EQ(Look("throttled=0x50000").passed, 0);
}

TEST_F(FirmwareThrottleTest, BitThatTheKernelClearedCanComeAgain) {
  OpenWith("throttled=0x10000");
  EXPECT_EQ(Look("throttled=0x0").passed, 0);
  EXPECT_EQ(Look("throttled=0x10000").passed, SetOf(ThrottleReason::kUnderVoltage));
}

TEST_F(FirmwareThrottleTest, LiveBitsAreNow) {
  OpenWith("throttled=0x0");
  EXPECT_EQ(Look("throttled=0xa000a").live,
            SetOf(ThrottleReason::kFrequencyCapped) | SetOf(ThrottleReason::kSoftTemperatureLimit));
}

TEST_F(FirmwareThrottleTest, FirmwareThatDoesNotAnswerIsAnError) {
  EXPECT_EQ(OpenFirmwareThrottle(mailbox_).status().code(), Code::kNotFound);
  OpenWith("throttled=0x0");
  mailbox_->Answer("get_throttled", "garbage");
  EXPECT_FALSE(source_->Look().ok());
}

}  // namespace
}  // namespace inferometer::probe
