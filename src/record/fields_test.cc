#include "record/fields.h"

#include <gtest/gtest.h>

#include <set>

#include "os/files.h"

namespace inferometer::record {
namespace {

TEST(Fields, NamesAreUniqueAndFound) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < Fields().size(); ++i) {
    EXPECT_TRUE(names.insert(Fields()[i].name).second) << Fields()[i].name;
    ASSERT_TRUE(FindName(Fields()[i].name).has_value());
    EXPECT_EQ(FindName(Fields()[i].name)->field, i);
  }
  for (const Alias& alias : Aliases()) {
    ASSERT_TRUE(FindName(alias.name).has_value());
    EXPECT_EQ(FindName(alias.name)->field, FieldIndex(alias.field));
  }
}

TEST(Fields, UnknownNamesAreNotFound) {
  for (const char* name : {"", "x", "timestam", "timestamps", "cpu_percent_samples"})
    EXPECT_FALSE(FindName(name)) << name;
}

TEST(Fields, TheFirstEightAreTheOnesOfEveryRecord) {
  const char* first[] = {"timestamp",      "device_id",       "model_name",         "inference_time_ms",
                         "memory_used_mb", "cpu_percent_avg", "energy_consumed_mj", "compute_device"};
  for (std::size_t i = 0; i < std::size(first); ++i) EXPECT_EQ(Fields()[i].name, first[i]);
}

TEST(Fields, EveryQuantityCarriesItsUnitInTheName) {
  for (const Field& field : Fields()) {
    if (field.unit == "ms") {
      EXPECT_TRUE(field.name.ends_with("_ms")) << field.name;
    }
    if (field.unit == "mJ") {
      EXPECT_TRUE(field.name.ends_with("_mj")) << field.name;
    }
    if (field.unit.starts_with("MB")) {
      EXPECT_TRUE(field.name.ends_with("_mb")) << field.name;
    }
  }
}

TEST(Fields, DocumentIsUpToDate) {
  const auto document = os::ReadFile(INFEROMETER_SOURCE_DIR "/docs/fields.md", 1 << 20);
  ASSERT_TRUE(document.ok()) << document.status().message();
  EXPECT_EQ(*document, FieldsAsMarkdown()) << "run: build/release/inferometer-fields > docs/fields.md";
}

}  // namespace
}  // namespace inferometer::record
