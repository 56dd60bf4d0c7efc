#include "os/secret_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>

#include "os/faulty_files.h"
#include "os/temporary_folder.h"

namespace inferometer::os {
namespace {

unsigned ModeOf(const std::filesystem::path& path) {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 ? facts.st_mode & 0777U : 0;
}

// A umask that takes nothing away, so that a mode is what was asked for.
class OpenUmask {
 public:
  OpenUmask() : before_(::umask(0)) {}
  ~OpenUmask() { ::umask(before_); }
  OpenUmask(const OpenUmask&) = delete;
  OpenUmask& operator=(const OpenUmask&) = delete;

 private:
  mode_t before_;
};

class SecretFile : public testing::Test {
 protected:
  TemporaryFolder folder_;
  OpenUmask umask_;
  std::filesystem::path path_ = folder_.path() / "a.key";
};

TEST_F(SecretFile, IsReadableByItsOwnerOnly) {
  ASSERT_TRUE(WriteSecretFile(SystemFileCalls(), path_, "secret").ok());
  EXPECT_EQ(ModeOf(path_), 0600U);
  EXPECT_EQ(ReadFile(path_, 100).value(), "secret");
}

TEST_F(SecretFile, ThatACrashLeftOpenToAllIsNotUsed) {
  const auto left = folder_.Put("a.key.tmp", "old");
  ASSERT_EQ(::chmod(left.c_str(), 0666), 0);
  ASSERT_TRUE(WriteSecretFile(SystemFileCalls(), path_, "secret").ok());
  EXPECT_EQ(ModeOf(path_), 0600U);
}

TEST_F(SecretFile, ReplacesALinkAndNotItsTarget) {
  const auto target = folder_.Put("target", "untouched");
  std::filesystem::create_symlink(target, folder_.path() / "a.key.tmp");
  std::filesystem::create_symlink(target, path_);
  ASSERT_TRUE(WriteSecretFile(SystemFileCalls(), path_, "secret").ok());
  EXPECT_EQ(ReadFile(target, 100).value(), "untouched");
  EXPECT_EQ(ModeOf(path_), 0600U);
}

TEST_F(SecretFile, KeepsTheOldOneWhenAnyCallFails) {
  ASSERT_TRUE(WriteSecretFile(SystemFileCalls(), path_, "old").ok());
  for (int failing = 1;; ++failing) {
    FaultyFileCalls calls([failing](int nth) { return nth == failing ? EIO : 0; });
    if (WriteSecretFile(calls, path_, "new").ok()) break;
    const std::string text = ReadFile(path_, 100).value();
    EXPECT_TRUE(text == "old" || text == "new") << failing << ": " << text;
    EXPECT_EQ(ModeOf(path_), 0600U);
    ASSERT_LT(failing, 20);
  }
}

TEST_F(SecretFile, FolderIsItsOwnersOnly) {
  const auto folder = folder_.path() / "parent" / "keys";
  ASSERT_TRUE(CreateSecretFolder(folder).ok());
  EXPECT_EQ(ModeOf(folder), 0700U);
  EXPECT_TRUE(CreateSecretFolder(folder).ok()) << "one that is there is fine";
  EXPECT_FALSE(CreateSecretFolder(folder_.Put("file", "") / "keys").ok());
}

}  // namespace
}  // namespace inferometer::os
