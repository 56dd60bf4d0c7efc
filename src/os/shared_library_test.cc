#include "os/shared_library.h"

#include <gtest/gtest.h>

#include "os/temporary_folder.h"

namespace inferometer::os {
namespace {

TEST(SharedLibraryTest, GivesTheFunctionsOfALibraryThatIsThere) {
  auto library = SharedLibrary::Open("libm.so.6");
  ASSERT_TRUE(library.ok()) << library.status().message();
  double (*cosine)(double) = nullptr;
  library->Find("cos", cosine);
  ASSERT_NE(cosine, nullptr);
  EXPECT_DOUBLE_EQ(cosine(0), 1);
  library->Find("no_such_function", cosine);
  EXPECT_EQ(cosine, nullptr);
}

TEST(SharedLibraryTest, ALibraryThatIsNotThereIsNotFound) {
  EXPECT_EQ(SharedLibrary::Open("libno_such_thing.so.1").status().code(), Code::kNotFound);
  EXPECT_EQ(SharedLibrary::Open("").status().code(), Code::kNotFound);
}

TEST(SharedLibraryTest, AFileThatIsNoLibraryIsSaidToBeBroken) {
  const TemporaryFolder folder;
  const auto path = folder.Put("libgarbage.so.1", "garbage, and enough of it to fill the header of an ELF file......");
  const Status status = SharedLibrary::Open(path.string()).status();
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_NE(status.message().find(path.string()), std::string::npos) << status.message();
}

}  // namespace
}  // namespace inferometer::os
