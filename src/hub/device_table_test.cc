#include "hub/device_table.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "os/faulty_files.h"
#include "os/temporary_folder.h"

namespace inferometer::hub {
namespace {

const std::string kMac = "00:0f:00:70:91:0a";

class DeviceTableTest : public testing::Test {
 protected:
  DeviceTable Open(bool portable_names = false, std::size_t most = kMostDevices) {
    DeviceTable table(*calls_, File(), portable_names, most);
    notes_ = table.Load();
    return table;
  }
  std::filesystem::path File() const { return folder_.path() / "devices.json"; }
  std::string Content() const {
    std::ifstream file(File());
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void PutMetrics(const std::string& folder, const std::string& device) const {
    folder_.Put(folder + "/inference_metrics_x_20251007_103015.json",
                "{\n\"summary\":{\"device_id\":\"" + device + "\",\"model_name\":\"m\"}}");
  }

  os::TemporaryFolder folder_;
  os::FileCalls* calls_ = &os::SystemFileCalls();
  std::vector<std::string> notes_;
};

TEST_F(DeviceTableTest, ADeviceGetsTheNameThatItProposes) {
  DeviceTable table = Open();
  EXPECT_TRUE(notes_.empty()) << notes_.front();
  table.Propose(kMac, "edge-device-01");
  EXPECT_EQ(*table.FolderOf(kMac), "edge-device-01");
  EXPECT_EQ(*table.Register(kMac), "edge-device-01");
  EXPECT_EQ(Content(), "{\"version\":1,\"devices\":[\n{\"id\":\"" + kMac + "\",\"folder\":\"edge-device-01\"}\n]}\n");
}

TEST_F(DeviceTableTest, WithoutANameItIsTheId) {
  DeviceTable table = Open();
  EXPECT_EQ(*table.Register(kMac), kMac);
  table.Propose("abc", "../x");
  EXPECT_EQ(*table.Register("abc"), "abc");
  table.Propose("abd", "");
  EXPECT_EQ(*table.Register("abd"), "abd");
}

TEST_F(DeviceTableTest, ARegisteredFolderStays) {
  {
    DeviceTable table = Open();
    table.Propose(kMac, "first");
    ASSERT_TRUE(table.Register(kMac).ok());
    table.Propose(kMac, "second");
    EXPECT_EQ(*table.Register(kMac), "first");
  }
  DeviceTable table = Open();
  EXPECT_TRUE(notes_.empty());
  table.Propose(kMac, "second");
  EXPECT_EQ(*table.FolderOf(kMac), "first");
}

TEST_F(DeviceTableTest, NobodyGetsAnothersFolderWhateverTheCapitals) {
  DeviceTable table = Open();
  table.Propose("aaa", "Edge");
  ASSERT_EQ(*table.Register("aaa"), "Edge");
  table.Propose("bbb", "eDGE");
  EXPECT_EQ(*table.Register("bbb"), "bbb");
  table.Propose("ccc", "ddd");
  ASSERT_EQ(*table.Register("ccc"), "ddd");
  EXPECT_EQ(*table.Register("ddd"), "ddd-2");
  EXPECT_EQ(*Open().FolderOf("ddd"), "ddd-2");
}

TEST_F(DeviceTableTest, TheHubsOwnNamesAreNobodys) {
  DeviceTable table = Open();
  EXPECT_EQ(*table.Register("journal"), "journal-2");
  EXPECT_EQ(*table.Register("quarantine"), "quarantine-2");
  table.Propose("abc", "Journal");
  EXPECT_EQ(*table.Register("abc"), "abc");
  table.Propose("abd", "devices.json");
  EXPECT_EQ(*table.Register("abd"), "abd");
  table.Propose("abf", "hub.json");  // the report stands there
  EXPECT_EQ(*table.Register("abf"), "abf");
  table.Propose("abe", "inference_metrics_x.json");
  EXPECT_EQ(*table.Register("abe"), "abe");
}

TEST_F(DeviceTableTest, PortableNamesCanStandAnywhere) {
  DeviceTable table = Open(true);
  EXPECT_EQ(*table.Register(kMac), "00-0f-00-70-91-0a");
  EXPECT_EQ(*table.Register("00-0f-00-70-91-0a"), "00-0f-00-70-91-0a-2");
  EXPECT_EQ(*table.Register("con"), "con-2");
  EXPECT_EQ(*table.Register("lpt1"), "lpt1-2");
  for (const char* name : {"nul.json", "AUX", "com7", "dot."}) {
    table.Propose("abc", name);
    EXPECT_EQ(*table.FolderOf("abc"), "abc") << name;
  }
}

TEST_F(DeviceTableTest, WhereNamesNeedNotBePortableTheyStayAsTheyAre) {
  DeviceTable table = Open();
  EXPECT_EQ(*table.Register("con"), "con");
  EXPECT_EQ(*table.Register("nul"), "nul");
}

TEST_F(DeviceTableTest, TooManyDevicesAreRefusedAndCounted) {
  DeviceTable table = Open(false, 2);
  ASSERT_TRUE(table.FolderOf("aaa").ok());
  ASSERT_TRUE(table.Register("bbb").ok());
  EXPECT_EQ(table.FolderOf("ccc").status().code(), Code::kResourceExhausted);
  EXPECT_EQ(table.Register("ccc").status().code(), Code::kResourceExhausted);
  table.Propose("ccc", "name");
  EXPECT_EQ(table.refused(), 3U);
  EXPECT_EQ(table.size(), 2U);
  EXPECT_TRUE(table.FolderOf("aaa").ok());
}

TEST_F(DeviceTableTest, ManyAreRegisteredWithOneWrite) {
  os::FaultyFileCalls counting([](int) { return 0; });
  calls_ = &counting;
  DeviceTable table = Open();
  const int before = counting.calls();
  std::vector<std::string> devices;
  for (int i = 0; i < 1000; ++i) devices.push_back("device-" + std::to_string(i));
  ASSERT_TRUE(table.RegisterAll(devices).ok());
  EXPECT_LT(counting.calls() - before, 20);
  EXPECT_EQ(Open().size(), 1000U);
}

TEST_F(DeviceTableTest, AnyCallOfARegistrationMayFailAndTheNextOneMakesItDurable) {
  int failing = 1;
  for (bool failed = true; failed; ++failing) {
    bool armed = false;
    int since = 0;
    os::FaultyFileCalls calls([&](int) { return armed && ++since == failing ? EIO : 0; });
    calls_ = &calls;
    std::filesystem::remove(File());
    DeviceTable table = Open();
    table.Propose(kMac, "edge");
    armed = true;
    failed = !table.Register(kMac).ok();
    armed = false;
    ASSERT_EQ(*table.Register(kMac), "edge");
    EXPECT_EQ(*Open().FolderOf(kMac), "edge") << "call " << failing;
  }
  EXPECT_GT(failing, 6) << "create, write, fsync, close, rename, fsync of the folder";
}

TEST_F(DeviceTableTest, ADamagedFileIsSetAsideAndTheFoldersAreFoundAgain) {
  PutMetrics("edge-device-01", kMac);
  PutMetrics("abc", "abc");
  folder_.Put("somebodys/notes.txt", "mine");
  folder_.Put("journal/0000000001.journal", "x");
  folder_.Put("devices.json", "{\"version\":1,\"devices\":[{\"id\":\"abc\",");
  DeviceTable table = Open();
  ASSERT_EQ(notes_.size(), 2U);
  EXPECT_NE(notes_[0].find("devices.json.damaged-1"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "devices.json.damaged-1"));
  EXPECT_EQ(table.size(), 2U);
  EXPECT_EQ(*table.FolderOf(kMac), "edge-device-01");
  EXPECT_EQ(*table.FolderOf("abc"), "abc");
  table.Propose("new", "somebodys");
  EXPECT_EQ(*table.Register("new"), "new") << "nobody knows whose that folder is";
  EXPECT_EQ(*Open().FolderOf(kMac), "edge-device-01") << "written with the next registration";
}

TEST_F(DeviceTableTest, AMissingFileIsMadeAgainWithoutANote) {
  PutMetrics("edge-device-01", kMac);
  DeviceTable table = Open();
  EXPECT_TRUE(notes_.empty());
  EXPECT_EQ(*table.Register(kMac), "edge-device-01");
  EXPECT_NE(Content().find("edge-device-01"), std::string::npos) << "durable again, though it was known";
}

TEST_F(DeviceTableTest, HostileTablesAreRefused) {
  const auto table = [](const std::string& rows) { return "{\"version\":1,\"devices\":[" + rows + "]}"; };
  const std::string ok = R"({"id":"aaa","folder":"x"})";
  int set_aside = 0;
  for (const std::string& text : {std::string(),
                                  std::string("[]"),
                                  std::string("{}"),
                                  std::string(R"({"version":2,"devices":[]})"),
                                  std::string(R"({"version":1})"),
                                  table("5"),
                                  table(R"({"id":"aaa"})"),
                                  table(R"({"folder":"x"})"),
                                  table(R"({"id":"AAA","folder":"x"})"),
                                  table(R"({"id":"../..","folder":"x"})"),
                                  table(R"({"id":"aaa","folder":"../x"})"),
                                  table(R"({"id":"aaa","folder":"/etc"})"),
                                  table(R"({"id":"aaa","folder":""})"),
                                  table(R"({"id":"aaa","folder":".."})"),
                                  table(R"({"id":"aaa","folder":"a\u0000b"})"),
                                  table(R"({"id":"aaa","folder":"x","folder":"y"})"),
                                  table(ok + "," + ok),
                                  table(ok + R"(,{"id":"bbb","folder":"X"})"),
                                  table(ok + R"(,{"id":"aaa","folder":"y"})"),
                                  table(ok + R"(,{"id":"bbb","folder":"y"},{"id":"ccc","folder":"z"})"),
                                  "\xef\xbb\xbf" + table(ok)}) {
    folder_.Put("devices.json", text);
    EXPECT_EQ(Open(false, 2).size(), 0U) << text;
    EXPECT_FALSE(notes_.empty()) << text;
    EXPECT_FALSE(std::filesystem::exists(File())) << text;
    ++set_aside;
  }
  std::ptrdiff_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
    files += entry.is_regular_file() ? 1 : 0;
  EXPECT_EQ(files, 16) << "of " << set_aside << " damaged files no more are kept";
}

TEST_F(DeviceTableTest, FolderNamesOfFilesAreNotBelieved) {
  PutMetrics("one", "../../etc");
  PutMetrics("two", "UPPER");
  folder_.Put("three/inference_metrics_x.json", "");
  PutMetrics("four", "abc");
  PutMetrics("zwo", "abc");
  DeviceTable table = Open();
  EXPECT_EQ(table.size(), 1U);
  EXPECT_EQ(*table.FolderOf("abc"), "four");
}

TEST_F(DeviceTableTest, AFolderThatCannotBeReadIsNoCrash) {
  os::FaultyFileCalls broken([](int) { return EIO; });
  calls_ = &broken;
  DeviceTable table = Open();
  EXPECT_FALSE(notes_.empty());
  EXPECT_TRUE(table.FolderOf(kMac).ok());
  EXPECT_FALSE(table.Register(kMac).ok());
}

TEST_F(DeviceTableTest, DeviceWithTheHubsOwnNameGetsAnotherAndTheOthersKeepTheirs) {
  folder_.Put("devices.json",
              R"({"version":1,"devices":[{"id":"aaa","folder":"hub.json"},{"id":"bbb","folder":"x"}]})");
  DeviceTable table = Open();
  EXPECT_TRUE(notes_.empty());
  EXPECT_EQ(*table.Register("aaa"), "aaa");
  EXPECT_EQ(*table.Register("bbb"), "x");
}

}  // namespace
}  // namespace inferometer::hub
