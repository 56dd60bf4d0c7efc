#include "analyze/directory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/as_nobody.h"
#include "os/temporary_folder.h"

namespace inferometer::analyze {
namespace {

std::vector<std::string> Names(const os::TemporaryFolder& folder, const std::vector<FoundFile>& files) {
  std::vector<std::string> names;
  names.reserve(files.size());
  for (const FoundFile& file : files) {
    names.push_back(std::filesystem::relative(file.path, folder.path()).string() + " of " +
                    file.folder_name.value_or("-"));
  }
  return names;
}

TEST(ListMetrics, FindsFilesAtEveryDepthSortedByPath) {
  const os::TemporaryFolder folder;
  folder.Put("b/inference_metrics_aa:bb_20251007_103015.json", "");
  folder.Put("a/deep/er/inference_metrics_aa-bb_20251007_103015.json", "");
  folder.Put("a/loading_metrics.json", "");
  folder.Put("inference_metrics_x_20251007_103015.json", "");
  const auto found = ListMetrics(folder.path());
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(Names(folder, found.value().metrics),
            (std::vector<std::string>{"a/deep/er/inference_metrics_aa-bb_20251007_103015.json of er",
                                      "b/inference_metrics_aa:bb_20251007_103015.json of b",
                                      "inference_metrics_x_20251007_103015.json of -"}));
  EXPECT_EQ(Names(folder, found.value().loadings), std::vector<std::string>{"a/loading_metrics.json of a"});
}

TEST(ListMetrics, PassesOverWhatIsNotForReaders) {
  const os::TemporaryFolder folder;
  for (const char* name : {"inference_metrics_a.json.tmp", ".inference_metrics_a.json",
                           ".hidden/inference_metrics_a.json", "journal/inference_metrics_a.json",
                           "d/lake/inference_metrics_a.json", "notes.json", "inference_metrics_a.txt"}) {
    folder.Put(name, "");
  }
  EXPECT_TRUE(ListMetrics(folder.path()).value().metrics.empty());
}

TEST(ListMetrics, NamesJournalsAtEveryDepthAndFollowsNoLinkToOne) {
  const os::TemporaryFolder folder;
  folder.Put("b/journal/0000000001.journal", "");
  folder.Put("journal/deeper/journal/x", "");
  folder.Put("a/.hidden/journal/x", "");
  folder.Put("c/journal", "a file");
  std::filesystem::create_directories(folder.path() / "d");
  std::filesystem::create_directory_symlink(folder.path() / "b/journal", folder.path() / "d/journal");
  EXPECT_EQ(ListMetrics(folder.path()).value().journals,
            (std::vector<std::filesystem::path>{folder.path() / "b/journal", folder.path() / "journal"}));
}

TEST(ListMetrics, LinkedFoldersAreNotFollowedAndLinkedFilesAre) {
  const os::TemporaryFolder folder;
  const auto file = folder.Put("real/inference_metrics_a.json", "");
  std::filesystem::create_directory_symlink(folder.path() / "real", folder.path() / "linked");
  std::filesystem::create_directory_symlink(folder.path(), folder.path() / "real/loop");
  std::filesystem::create_symlink(file, folder.path() / "real/inference_metrics_b.json");
  EXPECT_EQ(ListMetrics(folder.path()).value().metrics.size(), 2U);
}

TEST(ListMetrics, MissingFolderAndFileInItsPlaceAreErrors) {
  const os::TemporaryFolder folder;
  EXPECT_EQ(ListMetrics(folder.path() / "no").status().code(), Code::kNotFound);
  EXPECT_EQ(ListMetrics(folder.Put("file", "")).status().code(), Code::kInvalidArgument);
}

TEST(ListMetrics, FolderThatCannotBeListedIsNamed) {
  const os::TemporaryFolder folder;
  folder.Put("closed/inference_metrics_a.json", "");
  ::chmod((folder.path() / "closed").c_str(), 0);
  ::chmod(folder.path().c_str(), 0755);
  const auto found = [&folder] {
    const os::AsNobody nobody;
    return ListMetrics(folder.path());
  }();
  ::chmod((folder.path() / "closed").c_str(), 0755);
  ASSERT_EQ(found.value().unreadable.size(), 1U);
  EXPECT_NE(found.value().unreadable[0].error.find("list folder"), std::string::npos);
}

}  // namespace
}  // namespace inferometer::analyze
