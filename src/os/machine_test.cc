#include "os/machine.h"

#include <gtest/gtest.h>

#include "os/temporary_folder.h"

namespace inferometer::os {
namespace {

TEST(Machine, IsDescribedFromProcAndSys) {
  const TemporaryFolder root;
  root.Put("proc/cpuinfo", "processor\t: 0\nmodel name\t: Cortex-A76\n\nprocessor\t: 1\nmodel name\t: other\n");
  root.Put("proc/meminfo", "MemTotal:        8245184 kB\nMemFree: 1 kB\n");
  root.Put("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "ondemand\n");
  const Machine machine = DescribeMachine(root.path() / "proc", root.path() / "sys");
  EXPECT_EQ(machine.cpu_model, "Cortex-A76");
  EXPECT_EQ(machine.memory_total_mb, 8051.9375);
  EXPECT_EQ(machine.cpu_governor, "ondemand");
  EXPECT_FALSE(machine.host.empty());
  EXPECT_GE(machine.cpus_online, 1);
}

TEST(Machine, BoardNameStandsInWhereCpuinfoNamesNoCpu) {
  const TemporaryFolder root;
  root.Put("proc/cpuinfo", "processor: 0\n");
  root.Put("proc/device-tree/model", std::string_view("Raspberry Pi 5 Model B\0", 23));
  EXPECT_EQ(DescribeMachine(root.path() / "proc", root.path()).cpu_model, "Raspberry Pi 5 Model B");
}

TEST(Machine, WhatIsNotToldIsAbsent) {
  const TemporaryFolder root;
  root.Put("proc/meminfo", "MemTotal: lots\n");
  const Machine machine = DescribeMachine(root.path() / "proc", root.path());
  EXPECT_FALSE(machine.cpu_model || machine.memory_total_mb || machine.cpu_governor);
}

TEST(MacAddress, IsThatOfTheFirstRealInterface) {
  const TemporaryFolder root;
  root.Put("class/net/lo/address", "00:00:00:00:00:00\n");
  root.Put("class/net/eth0/address", "b8:27:eb:bf:9d:51\n");
  root.Put("class/net/can0/address", "00\n");
  root.Put("class/net/wlan0/address", "b8:27:eb:00:00:00\n");
  EXPECT_EQ(FirstMacAddress(root.path()), "b8:27:eb:bf:9d:51");
  EXPECT_FALSE(FirstMacAddress(root.path() / "nowhere"));
}

}  // namespace
}  // namespace inferometer::os
