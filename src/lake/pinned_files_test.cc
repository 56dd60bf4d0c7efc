#include "lake/pinned_files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "os/temporary_folder.h"

namespace inferometer::lake {
namespace {

namespace fs = std::filesystem;

std::string ContentOf(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Two files, and one that takes the place of another.
class PinnedFilesTest : public ::testing::Test {
 protected:
  PinnedFilesTest() : paths_({folder_.Put("a", "old a"), folder_.Put("b", "old b")}) {}
  void Replace(std::size_t i) { fs::rename(folder_.Put("new", "new"), paths_[i]); }

  os::TemporaryFolder folder_;
  std::vector<fs::path> paths_;
};

TEST_F(PinnedFilesTest, FilesStayWhatTheyWereWhoeverReplacesThem) {
  const auto pinned = PinnedFiles::Open(paths_);
  ASSERT_TRUE(pinned.ok() && pinned->are_all_pinned());
  EXPECT_TRUE(pinned->AreInPlace(paths_));
  Replace(0);
  fs::remove(paths_[1]);
  EXPECT_EQ(ContentOf(pinned->names()[0]), "old a");
  EXPECT_EQ(ContentOf(pinned->names()[1]), "old b");
  EXPECT_EQ(ContentOf(pinned->names()[0]), "old a") << "from the beginning again";
}

TEST_F(PinnedFilesTest, EveryChangeOfTheLakeIsSeen) {
  const auto pinned = PinnedFiles::Open(paths_);
  EXPECT_FALSE(pinned->AreInPlace({paths_.data(), 1})) << "one went";
  std::vector<fs::path> more = paths_;
  more.push_back(folder_.Put("c", "c"));
  EXPECT_FALSE(pinned->AreInPlace(more)) << "one came";
  Replace(1);
  EXPECT_FALSE(pinned->AreInPlace(paths_)) << "one was replaced";
}

TEST_F(PinnedFilesTest, FileThatIsGoneIsNamed) {
  fs::remove(paths_[1]);
  const auto pinned = PinnedFiles::Open(paths_);
  EXPECT_EQ(pinned.status().code(), Code::kNotFound);
  EXPECT_NE(pinned.status().message().find(paths_[1].string()), std::string::npos);
}

// In a process of its own, whose limit cannot be raised again.
TEST_F(PinnedFilesTest, BeyondWhatMayBeOpenFilesGoByTheirPaths) {
  const auto open_many = [&] {
    const rlimit few{300, 300};
    if (::setrlimit(RLIMIT_NOFILE, &few) != 0) std::_Exit(1);
    const std::vector<fs::path> many(400, paths_[0]);
    const auto pinned = PinnedFiles::Open(many);
    const bool is_right = pinned.ok() && !pinned->are_all_pinned() && pinned->AreInPlace(many) &&
                          pinned->names().front() != many.front() && pinned->names().back() == many.back();
    std::_Exit(is_right ? 0 : 2);
  };
  EXPECT_EXIT(open_many(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace inferometer::lake
