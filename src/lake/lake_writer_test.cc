#include "lake/lake_writer.h"

#include <gtest/gtest.h>

#include "os/temporary_folder.h"

namespace inferometer::lake {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// What is put into a lake and comes back is tested in src/archive.
TEST(LakeWriter, WhatACrashLeftIsWrittenOverUnderItsHiddenName) {
  const os::TemporaryFolder folder;
  const std::string partition = "device=pi-07/date=2023-11-14/";
  folder.Put(partition + ".records.parquet.tmp", "left");
  // Where DuckDB writes by itself when the name is taken: readers would take that for a file of the lake.
  fs::create_directory(folder.path() / partition / "tmp_.records.parquet.tmp");
  auto writer = LakeWriter::Open(folder.path(), os::SystemFileCalls());
  ASSERT_TRUE(writer.ok()) << writer.status().message();
  LakeRecord row;
  row.device_name = "d";
  row.record.device_id = "pi-07";
  row.record.timestamp = WallTime(1'700'000'000s);
  ASSERT_TRUE(writer->Add(row).ok());
  const auto report = writer->Commit();
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_TRUE(fs::exists(folder.path() / partition / kPartitionFile));
}

}  // namespace
}  // namespace inferometer::lake
