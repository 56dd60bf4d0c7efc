#include "cli/keys_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mqtt/keys/certificate_authority.h"
#include "os/scoped_umask.h"
#include "os/temporary_folder.h"
#include "probe/manual_clock.h"

namespace inferometer::cli {
namespace {

using mqtt::keys::ReadCertificate;
using mqtt::keys::Role;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class KeysCommand : public testing::Test {
 protected:
  void SetUp() override {
    clock_.wall = WallTime(std::chrono::seconds(1'790'000'000));  // 2026-09-21
    a_.dir = folder_.path() / "keys";
    ASSERT_TRUE(MakeAuthority(a_, world_).ok());
  }
  ~KeysCommand() override {
    std::fclose(out_);
    std::fclose(err_);
  }
  Status Devices(std::vector<std::string> ids) {
    a_.names = std::move(ids);
    return MakeDevices(a_, world_);
  }
  Status Revoked(std::vector<std::string> names) {
    a_.names = std::move(names);
    return Revoke(a_, world_);
  }
  [[nodiscard]] bool Has(const std::string& name) const { return std::filesystem::exists(a_.dir / name); }

  static bool IsForAllToRead(const std::filesystem::path& file) {
    return std::filesystem::status(file).permissions() == std::filesystem::perms{0644};
  }

  static std::string Contents(std::FILE* file) {
    std::string text(static_cast<std::size_t>(std::ftell(file)), '\0');
    std::rewind(file);
    return std::fread(text.data(), 1, text.size(), file) == text.size() ? text : "unreadable";
  }

  os::TemporaryFolder folder_;
  probe::ManualClock clock_;
  std::FILE* out_ = std::tmpfile();
  std::FILE* err_ = std::tmpfile();
  KeysWorld world_{clock_, os::SystemFileCalls(), out_, err_};
  KeysArguments a_;
};

TEST_F(KeysCommand, DevicesGetACertificateOfTheirCanonicalIdEach) {
  ASSERT_TRUE(Devices({"00:0F:00:70:91:0A", "pi-07"}).ok());
  EXPECT_EQ(ReadCertificate(a_.dir / "devices/00:0f:00:70:91:0a.pem")->common_name, "00:0f:00:70:91:0a");
  EXPECT_TRUE(Has("devices/pi-07.key"));
  EXPECT_THAT(Contents(err_), HasSubstr("pi-07.pem and its key, valid until 2027-09-21"));
  EXPECT_THAT(Contents(out_), IsEmpty());
}

TEST_F(KeysCommand, PortableNamesHoldNoColon) {
  a_.portable_names = true;
  ASSERT_TRUE(Devices({"00:0f:00:70:91:0a"}).ok());
  EXPECT_EQ(ReadCertificate(a_.dir / "devices/00-0f-00-70-91-0a.pem")->common_name, "00:0f:00:70:91:0a");
}

TEST_F(KeysCommand, WhatIsNoDeviceIdGetsNoCertificateNorDoesAnyOther) {
  for (const std::string bad : {"a/b", "pi-07/summary", "+", "#", "pi-#", "..", "../../etc", "_hub", "_sensors", "a b",
                                "pi\n07", "\xd0\xb0\xd0\xb1\xd0\xb2", "-pi", "pi-", "pi", ""}) {
    const Status status = Devices({"pi-06", bad});
    EXPECT_EQ(status.code(), Code::kInvalidArgument) << bad;
    EXPECT_THAT(status.message(), HasSubstr("\"" + bad + "\" is not a device id"));
  }
  EXPECT_FALSE(Has("devices/pi-06.pem"));
}

TEST_F(KeysCommand, HubsAreUsersThatNoDeviceCanBe) {
  ASSERT_TRUE(MakeUser(Role::kHub, a_, world_).ok());
  EXPECT_EQ(ReadCertificate(a_.dir / "_hub.pem")->common_name, "_hub");
  a_.part = "2/3";
  ASSERT_TRUE(MakeUser(Role::kHub, a_, world_).ok());
  EXPECT_EQ(ReadCertificate(a_.dir / "_hub-2.pem")->common_name, "_hub-2");
  EXPECT_THAT(Contents(err_), HasSubstr("the broker's acl must name _hub-2"));
}

TEST_F(KeysCommand, OnlyPartIsTheHubItself) {
  a_.part = "1/1";
  ASSERT_TRUE(MakeUser(Role::kHub, a_, world_).ok());
  EXPECT_TRUE(Has("_hub.pem"));
}

TEST_F(KeysCommand, PartThatIsNoneIsRefused) {
  for (const char* bad : {"0/2", "3/2", "1", "1/", "/2", "a/b", "1/65", "-1/2", "1/2/3", "1 /2"}) {
    a_.part = bad;
    EXPECT_EQ(MakeUser(Role::kHub, a_, world_).code(), Code::kInvalidArgument) << bad;
  }
}

TEST_F(KeysCommand, BrokersHostsAreCheckedFirst) {
  a_.names = {"broker.lab", "a,b"};
  EXPECT_EQ(MakeBroker(a_, world_).code(), Code::kInvalidArgument);
  EXPECT_FALSE(Has("broker.pem"));
  a_.names = {"broker.lab", "10.0.0.1"};
  EXPECT_TRUE(MakeBroker(a_, world_).ok());
}

TEST_F(KeysCommand, BrokersFolderHasAllThatItsConfigurationNames) {
  a_.out = folder_.path() / "for-the-broker";
  EXPECT_THAT(WriteBrokerFolder(a_, world_).message(), HasSubstr("inferometer keys broker --dir"));
  a_.names = {"broker.lab"};
  ASSERT_TRUE(MakeBroker(a_, world_).ok());
  ASSERT_TRUE(WriteBrokerFolder(a_, world_).ok());
  const std::string conf = os::ReadFile(a_.out / "mosquitto.conf", 100'000).value();
  for (const char* name : {"acl", "ca.pem", "crl.pem", "broker.pem", "broker.key"}) {
    EXPECT_THAT(conf, HasSubstr(std::string(" /etc/mosquitto/inferometer/") + name + "\n"));
    EXPECT_TRUE(std::filesystem::exists(a_.out / name)) << name;
  }
  EXPECT_FALSE(std::filesystem::exists(a_.out / "ca.key")) << "it must not leave the authority's folder";
  EXPECT_EQ(std::filesystem::status(a_.out / "broker.key").permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(KeysCommand, BrokersFolderHasAListThatAllMayReadWhateverTheUmask) {
  const os::ScopedUmask strict(077);
  a_.out = folder_.path() / "for-the-broker";
  a_.names = {"broker.lab"};
  ASSERT_TRUE(MakeBroker(a_, world_).ok());
  ASSERT_TRUE(WriteBrokerFolder(a_, world_).ok());
  EXPECT_TRUE(IsForAllToRead(a_.out / "crl.pem"));
}

TEST_F(KeysCommand, RevokedIsOnTheListAndItIsSaidWhatIsLeftToDo) {
  ASSERT_TRUE(Devices({"pi-07", "pi-08"}).ok());
  ASSERT_TRUE(Revoked({"PI-07"}).ok());
  const std::string told = Contents(err_);
  EXPECT_THAT(told, HasSubstr("pi-07: 1 certificate revoked\n"));
  EXPECT_THAT(told, HasSubstr("one that stands, stays: give --broker"));
  ASSERT_TRUE(ListKeys(a_, world_).ok());
  const std::string table = Contents(out_);
  EXPECT_THAT(table, HasSubstr("pi-07  device  revoked 2026-09-21"));
  EXPECT_THAT(table, HasSubstr("pi-08  device  valid"));
}

TEST_F(KeysCommand, UnknownNameRevokesNothing) {
  ASSERT_TRUE(Devices({"pi-07"}).ok());
  const Status status = Revoked({"pi-07", "pi-99"});
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr("no certificate was issued to \"pi-99\""));
  EXPECT_THAT(Contents(err_), Not(HasSubstr("revoked")));
  ASSERT_TRUE(ListKeys(a_, world_).ok());
  EXPECT_THAT(Contents(out_), Not(HasSubstr("revoked")));
}

TEST_F(KeysCommand, RevocationThatFailedIsNotToldAsDone) {
  ASSERT_TRUE(Devices({"pi-07"}).ok());
  clock_.wall -= std::chrono::hours(2);  // to before the list that there is
  EXPECT_THAT(Revoked({"pi-07"}).message(), HasSubstr("check the clock"));
  EXPECT_THAT(Contents(err_), Not(HasSubstr("revoked")));
}

TEST_F(KeysCommand, RevokingAgainIsFine) {
  ASSERT_TRUE(Devices({"pi-07"}).ok());
  EXPECT_TRUE(Revoked({"pi-07"}).ok());
  EXPECT_TRUE(Revoked({"pi-07"}).ok());
}

TEST_F(KeysCommand, ListIsInstalledBeforeTheBrokerReloads) {
  ASSERT_TRUE(Devices({"pi-07"}).ok());
  const auto installed = folder_.Put("broker/crl.pem", "old");
  a_.install = installed;
  a_.reload = "cp " + installed.string() + " " + (folder_.path() / "seen").string();
  ASSERT_TRUE(Revoked({"pi-07"}).ok());
  EXPECT_EQ(os::ReadFile(folder_.path() / "seen", 10'000).value(), os::ReadFile(a_.dir / "crl.pem", 10'000).value());
}

TEST_F(KeysCommand, InstalledListIsForAllToReadWhateverTheUmask) {
  ASSERT_TRUE(Devices({"pi-07"}).ok());
  const os::ScopedUmask strict(077);
  a_.install = folder_.path() / "crl.pem";
  ASSERT_TRUE(Revoked({"pi-07"}).ok());
  EXPECT_TRUE(IsForAllToRead(a_.install)) << "a new one";
  ASSERT_TRUE(RenewList(a_, world_).ok());
  EXPECT_TRUE(IsForAllToRead(a_.install)) << "one that replaces another";
}

TEST_F(KeysCommand, ReloadThatFailsIsTold) {
  ASSERT_TRUE(Devices({"pi-07"}).ok());
  a_.reload = "exit 3";
  EXPECT_THAT(Revoked({"pi-07"}).message(), HasSubstr("--reload ended with exit code 3"));
}

TEST_F(KeysCommand, RevocationListIsWarnedOfBeforeItEnds) {
  a_.days = 10;
  ASSERT_TRUE(RenewList(a_, world_).ok());
  a_.check = true;
  EXPECT_TRUE(ListKeys(a_, world_).ok());
  clock_.Advance(std::chrono::hours(24 * 5));
  EXPECT_EQ(ListKeys(a_, world_).code(), Code::kFailedPrecondition);
  EXPECT_THAT(Contents(err_), HasSubstr("warning: the revocation list has passed half its life"));
}

TEST_F(KeysCommand, ListAsJsonNamesEverything) {
  ASSERT_TRUE(Devices({"pi-07"}).ok());
  a_.format = KeysFormat::kJson;
  ASSERT_TRUE(ListKeys(a_, world_).ok());
  const std::string json = Contents(out_);
  EXPECT_THAT(json, HasSubstr(R"({"schema_version":1,"authority":{"name":"Inferometer CA )"));
  EXPECT_THAT(json, HasSubstr(R"("revocation_list":{"number":1,"this_update":"2026-09-21T13:13:20.000000Z")"));
  EXPECT_THAT(json, HasSubstr(R"({"name":"pi-07","kind":"device","serial":")"));
  EXPECT_THAT(json, HasSubstr(R"("not_after":"2027-09-21T14:13:20.000000Z","days_left":365})"));
  EXPECT_THAT(json, HasSubstr("\"warnings\":[]}\n"));
}

TEST_F(KeysCommand, ListAsCsvHasARowForEach) {
  ASSERT_TRUE(Devices({"pi-07"}).ok());
  ASSERT_TRUE(MakeUser(Role::kSensors, a_, world_).ok());
  a_.format = KeysFormat::kCsv;
  ASSERT_TRUE(ListKeys(a_, world_).ok());
  const std::string csv = Contents(out_);
  EXPECT_THAT(csv, HasSubstr("name,kind,state,not_before,not_after,days_left,revoked_at,serial\r\n"));
  EXPECT_THAT(csv, HasSubstr("_sensors,user,valid,"));
  EXPECT_THAT(csv, HasSubstr("pi-07,device,valid,"));
}

}  // namespace
}  // namespace inferometer::cli
