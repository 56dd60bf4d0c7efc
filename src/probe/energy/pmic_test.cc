#include "probe/energy/pmic.h"

#include <gtest/gtest.h>

#include "probe/fake_mailbox.h"
#include "probe/manual_clock.h"

namespace inferometer::probe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// As a Raspberry Pi 5 answers.
constexpr const char* kAnswer = R"( 3V7_WL_SW_A current(0)=0.10000000A
   3V3_SYS_A current(1)=0.10000000A
   1V8_SYS_A current(2)=0.20000000A
  DDR_VDD2_A current(3)=0.00000000A
  DDR_VDDQ_A current(4)=0.00000000A
   1V1_SYS_A current(5)=0.20000000A
    0V8_SW_A current(6)=0.50000000A
  VDD_CORE_A current(7)=2.00000000A
   3V3_DAC_A current(17)=0.00000000A
   3V3_ADC_A current(18)=0.00000000A
   0V8_AON_A current(16)=0.00000000A
      HDMI_A current(22)=0.02000000A
 3V7_WL_SW_V volt(8)=3.70000000V
   3V3_SYS_V volt(9)=3.30000000V
   1V8_SYS_V volt(10)=1.80000000V
  DDR_VDD2_V volt(11)=1.10146400V
  DDR_VDDQ_V volt(12)=0.60622650V
   1V1_SYS_V volt(13)=1.10000000V
    0V8_SW_V volt(14)=0.80000000V
  VDD_CORE_V volt(15)=0.75000000V
   3V3_DAC_V volt(20)=3.31043600V
   3V3_ADC_V volt(21)=3.31684600V
   0V8_AON_V volt(19)=0.79794790V
      HDMI_V volt(23)=5.10000000V
     EXT5V_V volt(24)=5.08530000V
      BATT_V volt(25)=0.00000000V)";
constexpr double kWatts = 0.37 + 0.33 + 0.36 + 0.22 + 0.40 + 1.50 + 0.102;

std::string Without(std::string_view line) {
  std::string text = kAnswer;
  const std::size_t at = text.find(line);
  return text.erase(at, text.find('\n', at) - at);
}

TEST(ParsePmicAdc, AddsUpTheTwelveProductsOnly) {
  for (const char* end : {"", "\n"}) {
    const auto reading = ParsePmicAdc(std::string(kAnswer) + end);
    ASSERT_TRUE(reading.ok()) << reading.status().message();
    EXPECT_EQ(reading->rails, 12U);
    EXPECT_NEAR(reading->watts, kWatts, 1e-9);
  }
}

TEST(ParsePmicAdc, CurrentWithoutItsVoltageIsAnError) {
  const auto reading = ParsePmicAdc(Without("  VDD_CORE_V"));
  ASSERT_EQ(reading.status().code(), Code::kDataLoss);
  EXPECT_EQ(reading.status().offset_bytes(), std::string_view(kAnswer).find("VDD_CORE_A"));
}

TEST(ParsePmicAdc, AnswerThatIsCutOffIsAnErrorWhereverItIsCut) {
  const std::string text = kAnswer;
  for (std::size_t length = 0; length < text.find("EXT5V_V") - 6; ++length) {
    const auto reading = ParsePmicAdc(text.substr(0, length));
    if (reading.ok()) {
      ADD_FAILURE() << length;
      break;
    }
  }
}

TEST(ParsePmicAdc, BoardWithoutCurrentsHasNoSuchGauge) {
  EXPECT_EQ(ParsePmicAdc("     EXT5V_V volt(24)=5.08530000V\n").status().code(), Code::kNotFound);
  EXPECT_EQ(ParsePmicAdc("").status().code(), Code::kNotFound);
}

TEST(ParsePmicAdc, MalformedLineNamesTheByte) {
  const std::string good = "X_A current(0)=1A\n";
  for (const auto& [line, at] : {std::pair{"X_A current(0)=1A", 0U},
                                 {"garbage", 0U},
                                 {"_A current(1)=1A", 0U},
                                 {" Y_A volt(1)=1V", 4U},
                                 {"Y_V current(1)=1A", 3U},
                                 {"Y_V volt()=1V", 9U},
                                 {"Y_V volt(1)=V", 12U},
                                 {"Y_V volt(1)=-1V", 12U},
                                 {"Y_V volt(1)=nanV", 12U},
                                 {"Y_V volt(1)=1e9V", 13U},
                                 {"Y_V volt(1)=999999V", 12U},
                                 {"Y_V volt(1)=1A", 13U},
                                 {"Y_V volt(1)=1V ", 14U},
                                 {"Y_V", 3U}}) {
    const auto reading = ParsePmicAdc(good + line);
    ASSERT_EQ(reading.status().code(), Code::kDataLoss) << line;
    EXPECT_EQ(reading.status().offset_bytes(), good.size() + at) << line << reading.status().message();
  }
}

TEST(ParsePmicAdc, RailsWithoutEndAreRefused) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "R" + std::to_string(i) + "_A current(0)=1A\n";
  EXPECT_EQ(ParsePmicAdc(text).status().code(), Code::kDataLoss);
}

class PmicTest : public testing::Test {
 protected:
  PmicTest() { mailbox_->Answer("pmic_read_adc", kAnswer); }
  Result<std::unique_ptr<EnergySource>> Open() {
    EnergyRoots roots;
    roots.clock = &clock_;
    roots.mailbox = mailbox_;
    return OpenPmic(roots);
  }
  void OpenOrDie() {
    auto pmic = Open();
    ASSERT_TRUE(pmic.ok()) << pmic.status().message();
    pmic_ = std::move(pmic).value();
  }
  // A second of samples every 100 ms.
  Result<Energy> Second() {
    const EnergyReading begin = pmic_->Begin();
    for (int i = 0; i < 9; ++i) {
      clock_.Advance(milliseconds(100));
      pmic_->Sample();
    }
    clock_.Advance(milliseconds(100));
    return pmic_->Between(begin, pmic_->Read(), seconds(1));
  }

  const std::shared_ptr<FakeMailbox> mailbox_ = std::make_shared<FakeMailbox>();
  ManualClock clock_;
  std::unique_ptr<EnergySource> pmic_;
};

TEST_F(PmicTest, MachineWithoutAMailboxIsNotFound) {
  EnergyRoots roots;
  roots.clock = &clock_;
  roots.mailboxes = {};
  EXPECT_EQ(OpenPmic(roots).status().code(), Code::kNotFound);
}

TEST_F(PmicTest, BoardThatDoesNotKnowTheCommandIsNotFound) {
  mailbox_->Forget("pmic_read_adc");
  EXPECT_EQ(Open().status().code(), Code::kNotFound);
}

TEST_F(PmicTest, IsTheBoardAndSaysWhatIsNotInIt) {
  OpenOrDie();
  EXPECT_EQ(pmic_->facts().name, "pmic");
  EXPECT_EQ(pmic_->facts().scope, "board");
  EXPECT_TRUE(pmic_->facts().is_sampled);
  EXPECT_NE(pmic_->facts().detail.find("12 rails"), std::string::npos);
  EXPECT_NE(pmic_->facts().detail.find("5 V"), std::string::npos);
}

TEST_F(PmicTest, SteadyPowerIsItsEnergyGoodToATenth) {
  OpenOrDie();
  const auto energy = Second();
  ASSERT_TRUE(energy.ok()) << energy.status().message();
  EXPECT_NEAR(energy->mj, kWatts * 1000, 1e-6);
  EXPECT_GE(energy->uncertainty_mj, 0.1 * energy->mj);
  EXPECT_LT(energy->uncertainty_mj, 0.11 * energy->mj);
}

TEST_F(PmicTest, GarbledAnswerIsNoEnergy) {
  OpenOrDie();
  mailbox_->Answer("pmic_read_adc", Without("  VDD_CORE_V"));
  EXPECT_FALSE(Second().ok());
}

TEST_F(PmicTest, AnswerThatLacksARailIsNoEnergy) {
  OpenOrDie();
  mailbox_->Answer("pmic_read_adc", Without("  VDD_CORE_A"));
  const auto energy = Second();
  ASSERT_FALSE(energy.ok());
  EXPECT_NE(energy.status().message().find("rails"), std::string::npos) << energy.status().message();
}

}  // namespace
}  // namespace inferometer::probe
