#include "base/device_id.h"

#include <gtest/gtest.h>

namespace inferometer::base {
namespace {

TEST(DeviceId, MacAddressIsOneAndIsLowerCased) {
  EXPECT_EQ(*CanonicalDeviceId("00:0F:00:70:91:0A"), "00:0f:00:70:91:0a");
}

TEST(DeviceId, IsCanonicalOnlyInLowerCase) {
  EXPECT_TRUE(IsCanonicalDeviceId("00:0f:00:70:91:0a"));
  EXPECT_FALSE(IsCanonicalDeviceId("00:0F:00:70:91:0A"));
  EXPECT_FALSE(IsCanonicalDeviceId(""));
}

TEST(DeviceId, ShortestAndLongestAreTaken) {
  EXPECT_TRUE(CanonicalDeviceId("abc").ok());
  EXPECT_TRUE(CanonicalDeviceId(std::string(64, 'a')).ok());
}

TEST(DeviceId, WhatCouldLeaveATopicOrAFolderIsRefused) {
  for (const std::string& id :
       {std::string(), std::string("ab"), std::string("../x"), std::string("a/b"), std::string("a+b"),
        std::string("a#b"), std::string(".ab"), std::string("ab-"), std::string("a\nb"), std::string("a\0b", 3),
        std::string("caf\xc3\xa9s"), std::string(65, 'a')}) {
    EXPECT_FALSE(CanonicalDeviceId(id).ok()) << id;
  }
}

TEST(DeviceName, FolderNamesAreTaken) {
  for (const char* name : {"edge-device-01", "Pi5", "_lab.2"}) EXPECT_TRUE(CheckDeviceName(name).ok()) << name;
}

// No reader of a metrics directory looks into folders of these names for records.
TEST(DeviceName, NamesOfOurOwnFoldersAreRefused) {
  for (const char* name : {"lake", "journal"}) EXPECT_FALSE(CheckDeviceName(name).ok()) << name;
  EXPECT_TRUE(CheckDeviceName("lake-1").ok());
}

TEST(DeviceName, PathsAreRefused) {
  for (const char* name : {"", ".", "..", "a/b", "-x", "a b", "a\nb"}) EXPECT_FALSE(CheckDeviceName(name).ok()) << name;
  EXPECT_FALSE(CheckDeviceName(std::string(65, 'a')).ok());
}

}  // namespace
}  // namespace inferometer::base
