#include "record/context_fields.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "record/fields.h"

namespace inferometer::record {
namespace {

TEST(ContextFields, HaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (const ContextField& field : ContextFields()) {
    EXPECT_TRUE(names.insert(field.name).second) << field.name;
    EXPECT_FALSE(FindName(field.name)) << field.name << " is a field of the record, too";
  }
}

TEST(ContextFields, AreFoundByName) {
  for (std::size_t i = 0; i < ContextFields().size(); ++i) EXPECT_EQ(FindContextField(ContextFields()[i].name), i);
  EXPECT_FALSE(FindContextField("nothing"));
}

}  // namespace
}  // namespace inferometer::record
