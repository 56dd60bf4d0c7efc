#include "os/mailbox.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>

#include "os/as_nobody.h"
#include "os/temporary_folder.h"

namespace inferometer::os {
namespace {

constexpr std::uint32_t kAnswered = 0x80000000;

class GencmdAnswerTest : public testing::Test {
 protected:
  Result<std::string_view> Answered(std::string_view text) {
    message_[1] = kAnswered;
    std::memcpy(&message_[kGencmdTextWord], text.data(), text.size());
    return GencmdAnswer(message_, "get_throttled");
  }
  GencmdMessage message_ = {};
};

TEST_F(GencmdAnswerTest, IsTheTextWithoutItsEndOfLine) {
  EXPECT_EQ(*Answered("throttled=0x0"), "throttled=0x0");
  EXPECT_EQ(*Answered("throttled=0x0\n"), "throttled=0x0");
}

TEST_F(GencmdAnswerTest, RefusedCommandIsNotFoundAndSaysWhich) {
  for (const std::uint32_t error : {0U, 1U}) {
    message_[5] = error;
    const auto answer = Answered(R"(error=1 error_msg="Command not registered")");
    EXPECT_EQ(answer.status().code(), Code::kNotFound);
    EXPECT_NE(answer.status().message().find("get_throttled"), std::string::npos);
    EXPECT_NE(answer.status().message().find("Command not registered"), std::string::npos);
  }
}

TEST_F(GencmdAnswerTest, UnansweredMessageIsDataLoss) {
  message_[1] = 0;
  EXPECT_EQ(GencmdAnswer(message_, "x").status().code(), Code::kDataLoss);
}

TEST_F(GencmdAnswerTest, TextWithoutEndIsDataLoss) {
  EXPECT_TRUE(Answered(std::string(FirmwareMailbox::kMostTextBytes - 1, 'a')).ok());
  EXPECT_EQ(Answered(std::string(FirmwareMailbox::kMostTextBytes, 'a')).status().code(), Code::kDataLoss);
}

TEST(Mailbox, MachineWithoutOneIsNotFound) {
  const TemporaryFolder folder;
  const auto file = folder.Put("vcio", "");
  EXPECT_EQ(Mailbox::Open({folder.path() / "none"}).status().code(), Code::kNotFound);
  EXPECT_EQ(Mailbox::Open({file}).status().code(), Code::kNotFound);
  EXPECT_EQ(Mailbox::Open({}).status().code(), Code::kNotFound);
}

TEST(Mailbox, NoPermissionSaysWhichCommandGivesIt) {
  const TemporaryFolder folder;
  const auto file = folder.Put("vcio_gencmd", "");
  ::chmod(folder.path().c_str(), 0755);
  ::chmod(file.c_str(), 0);
  const auto status = [&] {
    const AsNobody nobody;
    return Mailbox::Open({file, folder.path() / "vcio"}).status();
  }();
  EXPECT_EQ(status.code(), Code::kPermissionDenied);
  EXPECT_NE(status.message().find(file.string()), std::string::npos);
  EXPECT_NE(status.message().find("sudo usermod -aG video $USER"), std::string::npos);
}

TEST(Mailbox, DeviceThatIsNoMailboxAnswersWithAnError) {
  auto mailbox = Mailbox::Open({"/dev/null"});
  ASSERT_TRUE(mailbox.ok()) << mailbox.status().message();
  char buffer[FirmwareMailbox::kMostTextBytes];
  const auto answer = (*mailbox)->Ask("get_throttled", buffer);
  ASSERT_FALSE(answer.ok());
  EXPECT_NE(answer.status().message().find("/dev/null"), std::string::npos);
  EXPECT_NE(answer.status().message().find("get_throttled"), std::string::npos);
  EXPECT_EQ((*mailbox)->Ask(std::string(FirmwareMailbox::kMostTextBytes, 'x'), buffer).status().code(),
            Code::kInvalidArgument);
}

}  // namespace
}  // namespace inferometer::os
